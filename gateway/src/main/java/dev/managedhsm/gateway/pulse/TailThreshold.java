// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import java.util.Arrays;

/**
 * From which latency on an operation of one kind belongs to the slowest thousandth. Used by one thread; nothing is allocated
 * after it was made, and most calls cost a count and a comparison.
 *
 * <p>Counts lie in buckets 6 % wide. They are halved now and then, so that the HSM's past does not decide for ever; until a
 * thousand were seen only a new longest one belongs to the tail. That first thousand is forgotten once there is a second: the
 * start of a process, with its code not yet compiled, tells nothing of later.
 */
final class TailThreshold {
    private static final int SUB_BITS = 4;
    private static final int SUBS = 1 << SUB_BITS;
    private static final int BUCKETS = (Long.SIZE - SUB_BITS) * SUBS;
    private static final int REVIEW_EVERY = 1024;
    private static final int HALVE_ABOVE = 1 << 15;
    private static final int TAIL = 1000;

    private final int[] counts = new int[BUCKETS];
    private int count;
    private long nanos;
    private boolean cold = true;

    /** Whether an operation of this length belongs to the tail of those before it; counts it. */
    boolean passedBy(long took) {
        long latency = Math.max(took, 0);
        boolean tail = latency >= nanos;
        counts[bucket(latency)]++;
        count++;
        if (cold) {
            nanos = Math.max(nanos, latency);
            if (count == TAIL) {
                Arrays.fill(counts, 0);
                count = 0;
                cold = false;
            }
        } else if (count % REVIEW_EVERY == 0) {
            review();
        }
        return tail;
    }

    /** The threshold, in nanoseconds. */
    long nanos() {
        return nanos;
    }

    private void review() {
        if (count > HALVE_ABOVE) {
            count = 0;
            for (int i = 0; i < counts.length; i++) {
                counts[i] >>= 1;
                count += counts[i];
            }
        }
        int above = count / TAIL;
        int bucket = BUCKETS - 1;
        while (bucket > 0 && above - counts[bucket] >= 0) {
            above -= counts[bucket];
            bucket--;
        }
        nanos = lowest(bucket + 1); // what lies in the bucket itself is one of too many
    }

    /** The first {@link #SUBS} buckets hold one value each; from there on {@link #SUBS} buckets an octave. */
    private static int bucket(long value) {
        int octave = Math.max(0, Long.SIZE - SUB_BITS - 1 - Long.numberOfLeadingZeros(value | 1));
        return octave * SUBS + (int) (value >>> octave);
    }

    private static long lowest(int bucket) {
        if (bucket < 2 * SUBS) {
            return bucket;
        }
        int octave = bucket / SUBS - 1;
        return (long) (bucket - octave * SUBS) << octave;
    }
}
