// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import java.util.Map;
import java.util.Set;

/**
 * What somebody who wants a new key, or a new version of one, asks for.
 *
 * @param name the key's name; where the key exists, its name keeps the letters it was created with
 * @param keyClass type and size; may differ from that of earlier versions
 * @param permitted what the version may be used for
 * @param enabled whether it may be used
 * @param notBefore first second of use, or {@link KeyAttributes#NONE}
 * @param expires first second after use, or {@link KeyAttributes#NONE}
 * @param tags labels, in the order given
 */
public record KeyRequest(
        KeyName name,
        KeyClass keyClass,
        Set<PermittedOperation> permitted,
        boolean enabled,
        long notBefore,
        long expires,
        Map<String, String> tags) {}
