// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list. The skip token names the last item that was shown, so it survives restarts and changes in between:
 * a page begins behind that item whether it still exists or not.
 *
 * @param size how many items at most
 * @param after the last item shown before, or null on the first page
 */
public record Page(int size, @Nullable String after) {
    /** Name of the query parameter that carries the skip token. */
    public static final String MARK = "$skiptoken";

    /** Items per page if the caller says nothing, and the most that a caller can have. */
    public static final int SIZE_MAX = 25;

    /**
     * The page that a request asks for.
     *
     * @param maxResults the query's number of results per page, or null
     * @param skipToken the query's skip token, or null
     * @throws Refused if the number is not one from 1 to 25, or the token is not one of ours
     */
    public static Page of(@Nullable String maxResults, @Nullable String skipToken) throws Refused {
        return new Page(size(maxResults), skipToken == null ? null : marked(skipToken));
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

    private static String marked(String token) throws Refused {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw new Refused("Parameter '$skiptoken' is not valid");
        }
    }

    /**
     * The address of the next page.
     *
     * @param url address of the list, without query
     * @param last mark of the last item on this page
     * @param apiVersion what the caller named
     */
    public String link(String url, String last, @Nullable String apiVersion) {
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(last.getBytes(StandardCharsets.UTF_8));
        return url + "?api-version=" + URLEncoder.encode(String.valueOf(apiVersion), StandardCharsets.UTF_8)
                + "&$skiptoken=" + token + "&maxresults=" + size;
    }
}
