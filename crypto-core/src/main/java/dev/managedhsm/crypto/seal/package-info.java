// SPDX-License-Identifier: Apache-2.0
/**
 * How secrets leave memory and come back: the root key, one sealing key per purpose, and records that open only where
 * they belong.
 *
 * <pre>
 *   security domain: m of n custodians --> master key --> root keys      {@link SecurityDomain}
 *   root key file: passphrase or key file --> root key                   {@link RootKeyFile}
 *
 *   root key (locked memory only)
 *      |  SP 800-108, label = purpose, context = namespace
 *      +--> sealing key "key facts"    --> AES-256-GCM --> facts records
 *      +--> sealing key "key secret"   --> AES-256-GCM --> secret records
 *      +--> sealing key "rotation policy" --> AES-256-GCM --> rotation policies
 *      +--> sealing key "deleted key"  --> AES-256-GCM --> soft-delete records
 *      +--> sealing key "anchor"       --> AES-256-GCM --> the one anchor record
 *      +--> backup protection key      --> AES-256-CBC with HMAC-SHA-512 --> backups (context: the root key's identity)
 *      +--> identity, a value that says which root key it is and may be shown
 *      +--> marking key                --> HMAC        --> marks, summed up in the anchor
 * </pre>
 *
 * <p>The place where records are kept is not trusted. A record that was changed, swapped or renamed does not open; one
 * that was put back in an older state, removed or added does not fit the anchor.
 */
@NullMarked
package dev.managedhsm.crypto.seal;

import org.jspecify.annotations.NullMarked;
