// SPDX-License-Identifier: Apache-2.0
//
// Histograms as the HSM keeps them: HdrHistogram with two significant digits, from 1 ns to 60 s. What arrives is the buckets
// that hold something, so what is read here is what HdrHistogram's own tools read from the .hlog.

const HALF = 128;
const SUBS = 256;

/** How many buckets there are. */
export const BUCKETS = 30 * HALF;

/** The least value of a bucket, in nanoseconds. */
export function lowest(bucket) {
    const octave = Math.max(0, Math.floor(bucket / HALF) - 1);
    return (bucket - octave * HALF) * 2 ** octave;
}

/** The greatest value of a bucket, by which HdrHistogram names it. */
export function highest(bucket) {
    const octave = Math.max(0, Math.floor(bucket / HALF) - 1);
    return lowest(bucket) + 2 ** octave - 1;
}

/** The bucket of a value. */
export function bucketOf(ns) {
    const value = Math.max(0, Math.floor(ns));
    const octave = value < SUBS ? 0 : Math.floor(Math.log2(value)) - 7;
    return octave * HALF + Math.floor(value / 2 ** octave);
}

/** What arrived: pairs of distance and count. Calls back with each bucket and its count. */
export function each(sparse, action) {
    let bucket = 0;
    for (let i = 0; i < sparse.length; i += 2) {
        bucket += sparse[i];
        action(bucket, sparse[i + 1]);
    }
}

/** Counts that can be added to and taken from. */
export class Histogram {
    constructor() {
        this.counts = new Float64Array(BUCKETS);
        this.total = 0;
    }

    add(sparse, sign = 1) {
        each(sparse, (bucket, count) => {
            this.counts[bucket] += sign * count;
            this.total += sign * count;
        });
        return this;
    }

    addAll(other) {
        for (let i = 0; i < BUCKETS; i++) {
            this.counts[i] += other.counts[i];
        }
        this.total += other.total;
        return this;
    }

    /** The value at a percentile, by HdrHistogram's rule: the greatest value of the bucket that holds the nearest rank. */
    percentile(percent) {
        if (this.total === 0) {
            return null;
        }
        const rank = Math.max(1, Math.ceil((percent / 100) * this.total - 1e-9));
        let sum = 0;
        for (let i = 0; i < BUCKETS; i++) {
            sum += this.counts[i];
            if (sum >= rank) {
                return highest(i);
            }
        }
        return this.max();
    }

    max() {
        for (let i = BUCKETS - 1; i >= 0; i--) {
            if (this.counts[i] > 0) {
                return highest(i);
            }
        }
        return null;
    }

    /** Calls back with each bucket that holds something, from the least. */
    each(action) {
        for (let i = 0; i < BUCKETS; i++) {
            if (this.counts[i] > 0) {
                action(i, this.counts[i]);
            }
        }
    }
}
