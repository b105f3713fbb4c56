// SPDX-License-Identifier: Apache-2.0
//
// Azure's own clients for JavaScript, unchanged, against a running HSM: one line "ok <what>" for each thing that works.
// They know what an operator would give them: the environment, a CA (NODE_EXTRA_CA_CERTS), a host name.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import dns from "node:dns";
import {
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
} from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const url = process.argv[2];

// The host name of the HSM leads to this machine; a hosts file would do the same.
const lookup = dns.lookup;
dns.lookup = (host, ...rest) => lookup(host === new URL(url).hostname ? "127.0.0.1" : host, ...rest);

const digest = createHash("sha256").update("hello").digest();

function works(what) {
    console.log(`ok ${what}`);
}

async function signs(name, credential) {
    const keys = new KeyClient(url, credential);
    const key = await keys.createEcKey(`js-${name}`, { curve: "P-256", hsm: true });
    const remote = new CryptographyClient(key, credential);
    const { result } = await remote.sign("ES256", digest);
    assert.equal(result.length, 64);
    assert.equal((await remote.verify("ES256", digest, result)).result, true);
    assert.equal((await remote.verify("ES256", randomBytes(32), result)).result, false);
    works(`${name} signs`);
    return keys;
}

async function usesRsa(keys, credential) {
    const key = await keys.createRsaKey("js-rsa", { keySize: 2048, hsm: true });
    const remote = new CryptographyClient(key, credential);
    const { result } = await remote.sign("PS256", digest);
    assert.equal((await remote.verify("PS256", digest, result)).result, true);
    const plaintext = randomBytes(32);
    const encrypted = await remote.encrypt("RSA-OAEP-256", plaintext);
    const decrypted = await remote.decrypt("RSA-OAEP-256", encrypted.result);
    assert.deepEqual(Buffer.from(decrypted.result), plaintext);
    const wrapped = await remote.wrapKey("RSA-OAEP", plaintext);
    assert.deepEqual(Buffer.from((await remote.unwrapKey("RSA-OAEP", wrapped.result)).result), plaintext);
    works("RSA key signs, decrypts, unwraps");
}

async function listsAndDeletes(keys) {
    const names = [];
    for await (const properties of keys.listPropertiesOfKeys()) {
        names.push(properties.name);
    }
    assert.ok(names.includes("js-rsa"));
    const deletion = await keys.beginDeleteKey("js-rsa", { intervalInMs: 100 });
    await deletion.pollUntilDone();
    const recovery = await keys.beginRecoverDeletedKey("js-rsa", { intervalInMs: 100 });
    await recovery.pollUntilDone();
    works("keys are listed, deleted, recovered");
}

const managed = new ManagedIdentityCredential();
const keys = await signs("managed-identity", managed);
await usesRsa(keys, managed);
await listsAndDeletes(keys);
await signs("user-assigned-identity", new ManagedIdentityCredential({ clientId: process.env.CRYPTO_USER_CLIENT_ID }));
await signs(
    "workload-identity",
    new WorkloadIdentityCredential({
        tenantId: process.env.TENANT_ID,
        clientId: process.env.ADMIN_CLIENT_ID,
        tokenFilePath: process.env.DEV_WORKLOAD_TOKEN_FILE,
        authorityHost: process.env.DEV_AUTHORITY,
        disableInstanceDiscovery: true,
    }),
);
// What a program uses that does not say which: on this machine, and as a workload that has nothing else.
await signs("default-managed-identity", new DefaultAzureCredential());
delete process.env.IDENTITY_ENDPOINT;
delete process.env.IDENTITY_HEADER;
process.env.AZURE_AUTHORITY_HOST = process.env.DEV_AUTHORITY;
process.env.AZURE_TENANT_ID = process.env.TENANT_ID;
process.env.AZURE_CLIENT_ID = process.env.ADMIN_CLIENT_ID;
process.env.AZURE_FEDERATED_TOKEN_FILE = process.env.DEV_WORKLOAD_TOKEN_FILE;
await signs("default-workload-identity", new DefaultAzureCredential({ disableInstanceDiscovery: true }));
const stranger = new ClientSecretCredential(process.env.TENANT_ID, process.env.ADMIN_CLIENT_ID, "no secret of its", {
    authorityHost: process.env.DEV_AUTHORITY,
    disableInstanceDiscovery: true,
});
await assert.rejects(stranger.getToken(`${process.env.DEV_AUDIENCE}/.default`), /invalid_client/);
works("wrong client secret is refused");
console.log("end");
