// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list. The skip token names the last item that was shown, so it survives restarts and changes in between:
 * a page begins behind that item whether it still exists or not, and costs the same wherever it lies.
 *
 * <p>Lists of keys and of deleted keys are in the order of names in lower case; lists of versions begin with the oldest.
 * So whatever stays while somebody turns the pages is shown once; what comes or goes meanwhile, once or not at all. Only
 * the list of versions ends early, where the key itself has been purged.
 *
 * <p>A token ends with a checksum over it and its list: one that was cut, made up or belongs to another list is refused.
 * It gives no right to anything, so it need not be more.
 *
 * @param size how many items at most
 * @param after the last item shown before, or null on the first page
 */
public record Page(int size, @Nullable String after) {
    /** Name of the query parameter that carries the skip token. */
    public static final String MARK = "$skiptoken";

    /** Items per page if the caller says nothing, and the most that a caller can have. */
    public static final int SIZE_MAX = 25;

    private static final int CHECKSUM_LENGTH = 4;

    /**
     * The page that a request asks for.
     *
     * @param maxResults the query's number of results per page, or null
     * @param skipToken the query's skip token, or null
     * @param list path of the list, in any case of letters
     * @throws Refused if the number is not one from 1 to 25, or the token is not one of ours
     */
    public static Page of(@Nullable String maxResults, @Nullable String skipToken, String list) throws Refused {
        return new Page(size(maxResults), skipToken == null ? null : marked(skipToken, list));
    }

    /** The same with another number of items, for lists of which a caller cannot choose it. */
    public Page ofSize(int items) {
        return new Page(items, after);
    }

    private static int size(@Nullable String text) throws Refused {
        if (text == null) {
            return SIZE_MAX;
        }
        try {
            int size = Integer.parseInt(text);
            if (size >= 1 && size <= SIZE_MAX) {
                return size;
            }
        } catch (NumberFormatException notANumber) {
            // refused below
        }
        throw new Refused("Parameter 'maxresults' is an integer from 1 to " + SIZE_MAX);
    }

    private static String marked(String token, String list) throws Refused {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(token);
            int length = bytes.length - CHECKSUM_LENGTH;
            if (length >= 0) {
                String mark = new String(bytes, 0, length, StandardCharsets.UTF_8);
                if (Arrays.equals(bytes, signed(mark, list))) {
                    return mark;
                }
            }
        } catch (IllegalArgumentException malformed) {
            // refused below
        }
        throw new Refused("Parameter '$skiptoken' is not valid");
    }

    /** The mark with its checksum behind it. */
    private static byte[] signed(String mark, String list) {
        byte[] bytes = mark.getBytes(StandardCharsets.UTF_8);
        CRC32C checksum = new CRC32C();
        checksum.update(list.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
        checksum.update(0);
        checksum.update(bytes);
        return ByteBuffer.allocate(bytes.length + CHECKSUM_LENGTH)
                .put(bytes)
                .putInt((int) checksum.getValue())
                .array();
    }

    /**
     * The address of the next page.
     *
     * @param baseUrl scheme, host and port, without a slash at the end
     * @param list the list's path, as in {@link #of}
     * @param last mark of the last item on this page
     * @param apiVersion what the caller named
     */
    public String link(String baseUrl, String list, String last, @Nullable String apiVersion) {
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(signed(last, list));
        return baseUrl + list + "?api-version=" + URLEncoder.encode(String.valueOf(apiVersion), StandardCharsets.UTF_8)
                + "&$skiptoken=" + token + "&maxresults=" + size;
    }
}
