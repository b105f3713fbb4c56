// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Security domains as text: the file that custodians keep, and the blob that takes it to an HSM. Members that the format
 * does not name are refused. Any thread.
 *
 * <pre>
 *   file  {"EncData":{"data":[{"compact_jwe","tag"}…],"kdf"},"SharedKeys":{"enc_shares":[{"enc_key","x5t_256"}…],
 *          "key_algorithm","required"},"version":2}
 *   blob  {"EncData":{…},"WrappedKey":{"enc_key","x5t_256"}}
 * </pre>
 */
public final class DomainText {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    private static final String KDF = "sp108_kdf";
    private static final String SHARING = "shamir_share";
    private static final int VERSION = 2;
    private static final int THUMBPRINT_LENGTH = 32;
    private static final String WRAPPING = "RSA-OAEP-256";

    private DomainText() {}

    /** The file that custodians keep. */
    public static String write(SecurityDomain.Kept kept) {
        JsonArray shares = new JsonArray();
        for (SecurityDomain.Share share : kept.shares()) {
            shares.add(key(CompactJwe.text(share.envelope()), share.thumbprint()));
        }
        return new JsonObject()
                .put("EncData", data(kept.items()))
                .put(
                        "SharedKeys",
                        new JsonObject()
                                .put("enc_shares", shares)
                                .put("key_algorithm", SHARING)
                                .put("required", kept.quorum()))
                .put("version", VERSION)
                .encode();
    }

    /**
     * The blob for an HSM.
     *
     * @param thumbprint SHA-256 of the certificate of the HSM's transfer key
     */
    public static String write(SecurityDomain.Transfer transfer, byte[] thumbprint) {
        return new JsonObject()
                .put("EncData", data(transfer.items()))
                .put("WrappedKey", key(CompactJwe.text(transfer.key()), thumbprint))
                .encode();
    }

    private static JsonObject data(List<SecurityDomain.Item> items) {
        JsonArray data = new JsonArray();
        for (SecurityDomain.Item item : items) {
            data.add(new JsonObject()
                    .put("compact_jwe", CompactJwe.text(item.envelope()))
                    .put("tag", item.tag()));
        }
        return new JsonObject().put("data", data).put("kdf", KDF);
    }

    private static JsonObject key(String envelope, byte[] thumbprint) {
        return new JsonObject().put("enc_key", envelope).put("x5t_256", BASE64URL.encodeToString(thumbprint));
    }

    /**
     * Reads a custodians' file.
     *
     * @throws SealFailure saying what is wrong with it
     */
    public static SecurityDomain.Kept read(String text) {
        try {
            JsonObject file = object(JsonText.object(text), "The security domain", "EncData", "SharedKeys", "version");
            if (!Integer.valueOf(VERSION).equals(file.getValue("version"))) {
                throw new Refused("The security domain is not of version " + VERSION);
            }
            JsonObject shared =
                    object(file.getValue("SharedKeys"), "'SharedKeys'", "enc_shares", "key_algorithm", "required");
            if (!SHARING.equals(shared.getValue("key_algorithm"))
                    || !(shared.getValue("required") instanceof Integer quorum)
                    || quorum < SecurityDomain.QUORUM_MIN) {
                throw new Refused("'SharedKeys' does not say that " + SHARING + " with a quorum was used");
            }
            List<SecurityDomain.Share> shares = shares(shared.getValue("enc_shares"));
            if (quorum > shares.size()) {
                throw new Refused("The security domain has fewer shares than its quorum");
            }
            return new SecurityDomain.Kept(items(file.getValue("EncData")), shares, quorum);
        } catch (Refused refused) {
            throw new SealFailure(refused.getMessage() + ": the security domain file was changed or is another file");
        }
    }

    private static List<SecurityDomain.Share> shares(@Nullable Object value) throws Refused {
        List<SecurityDomain.Share> shares = new ArrayList<>();
        for (Object element : array(value, "'enc_shares'")) {
            JsonObject share = object(element, "A share", "enc_key", "x5t_256");
            shares.add(new SecurityDomain.Share(
                    thumbprint(share), CompactJwe.read(text(share, "enc_key"), WRAPPING, "A share's 'enc_key'")));
        }
        if (shares.size() > SecurityDomain.CUSTODIANS_MAX) {
            throw new Refused("The security domain has more than " + SecurityDomain.CUSTODIANS_MAX + " shares");
        }
        return shares;
    }

    /**
     * Reads a blob.
     *
     * @param thumbprint SHA-256 of the certificate of this HSM's transfer key
     */
    public static SecurityDomain.Transfer read(String text, byte[] thumbprint) throws Refused {
        JsonObject blob = object(JsonText.object(text), "The security domain", "EncData", "WrappedKey");
        JsonObject wrapped = object(blob.getValue("WrappedKey"), "'WrappedKey'", "enc_key", "x5t_256");
        if (!MessageDigest.isEqual(thumbprint, thumbprint(wrapped))) {
            throw new Refused("The security domain was encrypted for another transfer key than this HSM's: fetch the"
                    + " transfer key again, and make the blob with that");
        }
        return new SecurityDomain.Transfer(
                items(blob.getValue("EncData")),
                CompactJwe.read(text(wrapped, "enc_key"), WRAPPING, "'WrappedKey.enc_key'"));
    }

    private static List<SecurityDomain.Item> items(@Nullable Object value) throws Refused {
        JsonObject data = object(value, "'EncData'", "data", "kdf");
        if (!KDF.equals(data.getValue("kdf"))) {
            throw new Refused("'EncData.kdf' is not " + KDF);
        }
        List<SecurityDomain.Item> items = new ArrayList<>();
        for (Object element : array(data.getValue("data"), "'EncData.data'")) {
            JsonObject item = object(element, "An item of 'EncData'", "compact_jwe", "tag");
            String tag = text(item, "tag");
            if (!SecurityDomain.TAGS.contains(tag)) {
                throw new Refused("An item of 'EncData' has a tag that is not known");
            }
            items.add(new SecurityDomain.Item(tag, CompactJwe.read(text(item, "compact_jwe"), "dir", "An item")));
        }
        return items;
    }

    /** The thumbprint, also where a client has encoded it twice. */
    private static byte[] thumbprint(JsonObject holder) throws Refused {
        byte[] once = CompactJwe.exact(text(holder, "x5t_256"));
        if (once != null && once.length != THUMBPRINT_LENGTH) {
            once = CompactJwe.exact(new String(once, StandardCharsets.US_ASCII));
        }
        if (once == null || once.length != THUMBPRINT_LENGTH) {
            throw new Refused("'x5t_256' is not the SHA-256 of a certificate in base64url");
        }
        return once;
    }

    private static JsonObject object(@Nullable Object value, String what, String... members) throws Refused {
        if (!(value instanceof JsonObject object) || !object.fieldNames().equals(Set.of(members))) {
            throw new Refused(what + " is not a JSON object with the members " + String.join(", ", members));
        }
        return object;
    }

    private static JsonArray array(@Nullable Object value, String what) throws Refused {
        if (!(value instanceof JsonArray array)) {
            throw new Refused(what + " is not an array");
        }
        return array;
    }

    private static String text(JsonObject object, String name) throws Refused {
        if (!(object.getValue(name) instanceof String text)) {
            throw new Refused("'" + name + "' is not a string");
        }
        return text;
    }
}
