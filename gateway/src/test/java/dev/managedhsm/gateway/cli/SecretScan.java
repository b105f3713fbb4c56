// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Looks for secrets in files and in another process's memory. A secret is known by pieces of 16 bytes: of its number big
 * endian (as scalars, CRT parts and DER have it) and little endian (as libraries compute with it), of its base64url text, and
 * of that of its hexadecimal digits.
 */
final class SecretScan {
    private static final int PIECE_LENGTH = 16;
    private static final int CHUNK_LENGTH = 1 << 20;

    private final Map<Long, List<Piece>> byBeginning = new HashMap<>();
    private final boolean[] begins = new boolean[1 << 16];

    /** A piece of a secret. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Piece(String name, byte[] bytes) {}

    /** One mapping of a process. */
    private record Mapping(long start, long end, String line) {}

    /**
     * Looks for a number from now on.
     *
     * @param name what it is, in results
     * @param bytes big endian, without a leading zero; at least 16
     */
    void add(String name, byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        piece(name + " (big endian)", bytes, (bytes.length - PIECE_LENGTH) / 2);
        piece(name + " (big endian, first bytes)", bytes, 0);
        piece(name + " (little endian)", reversed, (bytes.length - PIECE_LENGTH) / 2);
        byte[] text = Base64.getUrlEncoder().withoutPadding().encode(bytes);
        piece(name + " (base64url)", text, 0);
        piece(name + " (base64url, middle)", text, text.length / 2 - PIECE_LENGTH / 2);
        piece(name + " (hexadecimal)", new BigInteger(1, bytes).toString(16).getBytes(StandardCharsets.US_ASCII), 0);
    }

    private void piece(String name, byte[] of, int at) {
        byte[] bytes = Arrays.copyOfRange(of, at, at + PIECE_LENGTH);
        long beginning = ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN).getLong();
        byBeginning.computeIfAbsent(beginning, _ -> new ArrayList<>()).add(new Piece(name, bytes));
        begins[((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff)] = true;
    }

    /** What is found in all files below a folder, by file. */
    Map<String, Integer> inFiles(Path folder) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    in(channel, 0, channel.size(), String.valueOf(folder.relativize(file)), found);
                }
            }
        }
        return found;
    }

    /** What is found in a text. */
    Map<String, Integer> in(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Map<String, Integer> found = new TreeMap<>();
        look(bytes, bytes.length, "text", found);
        return found;
    }

    /** What is found in the memory of a process that can be read, by kind of memory and name of secret. */
    Map<String, Integer> inMemory(long pid, long heapStart, long heapEnd) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
            for (Mapping mapping : mappings(pid)) {
                String kind = kind(mapping, heapStart, heapEnd);
                try {
                    in(memory.getChannel(), mapping.start(), mapping.end() - mapping.start(), kind, found);
                } catch (IOException hidden) {
                    // memory that not even the kernel shows (memfd_secret), or that was unmapped meanwhile
                }
            }
        }
        return found;
    }

    private static String kind(Mapping mapping, long heapStart, long heapEnd) {
        if (mapping.start() < heapEnd && mapping.end() > heapStart) {
            return "java heap";
        }
        String[] fields = mapping.line().split("\\s+", -1);
        String name = fields.length > 5 ? fields[5] : "";
        return name.isEmpty() || name.equals("[heap]") ? "native" : name;
    }

    private static List<Mapping> mappings(long pid) throws IOException {
        List<Mapping> mappings = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
            String[] range = line.substring(0, line.indexOf(' ')).split("-", -1);
            boolean readable = line.charAt(line.indexOf(' ') + 1) == 'r';
            if (readable && !line.contains("[v")) {
                mappings.add(
                        new Mapping(Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16), line));
            }
        }
        return mappings;
    }

    private void in(FileChannel channel, long start, long length, String where, Map<String, Integer> found)
            throws IOException {
        byte[] bytes = new byte[CHUNK_LENGTH + PIECE_LENGTH];
        int kept = 0;
        long at = 0;
        while (at < length) {
            ByteBuffer chunk = ByteBuffer.wrap(bytes, kept, (int) Math.min(CHUNK_LENGTH, length - at));
            int read = channel.read(chunk, start + at);
            if (read <= 0) {
                return;
            }
            look(bytes, kept + read, where, found);
            at += read;
            int end = kept + read;
            kept = Math.min(PIECE_LENGTH - 1, end);
            System.arraycopy(bytes, end - kept, bytes, 0, kept);
        }
    }

    private void look(byte[] bytes, int length, String where, Map<String, Integer> found) {
        for (int at = 0; at + PIECE_LENGTH <= length; at++) {
            if (begins[((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff)]) {
                long beginning = ByteBuffer.wrap(bytes, at, 8).getLong();
                for (Piece piece : byBeginning.getOrDefault(beginning, List.of())) {
                    if (Arrays.equals(bytes, at, at + PIECE_LENGTH, piece.bytes(), 0, PIECE_LENGTH)) {
                        found.merge(where + ": " + piece.name(), 1, Integer::sum);
                    }
                }
            }
        }
    }
}
