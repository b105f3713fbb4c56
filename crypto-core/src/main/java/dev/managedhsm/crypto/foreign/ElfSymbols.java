// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The function symbols in the {@code .symtab} section of a 64-bit little-endian ELF file (System V ABI, chapter 4),
 * exported or not.
 *
 * <p>A library that links another one statically hides the inner functions from the dynamic linker, but as long as it is
 * not stripped its symbol table still says where they are, as an offset from the address at which the file is loaded.
 */
final class ElfSymbols {
    private static final int SHT_SYMTAB = 2;
    private static final int STT_FUNC = 2;
    private static final int SECTION_ENTRY_LENGTH = 64;
    private static final int SYMBOL_ENTRY_LENGTH = 24;
    private static final long AMBIGUOUS = -1;

    private final Map<String, Long> values;

    private ElfSymbols(Map<String, Long> values) {
        this.values = values;
    }

    /**
     * Reads the table.
     *
     * @param file the whole file
     * @throws LibraryFailure if the file is no such ELF file or has no symbol table
     */
    static ElfSymbols read(byte[] file) {
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        try {
            boolean elf64Little = elf.getInt(0) == 0x464c457f && elf.get(4) == 2 && elf.get(5) == 1;
            if (!elf64Little) {
                throw new LibraryFailure("not a 64-bit little-endian ELF file");
            }
            return new ElfSymbols(read(elf));
        } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
            throw new LibraryFailure("the ELF file is cut short");
        }
    }

    /** Offset of the function from the file's load address; 0 if there is none of this name, or more than one. */
    long offset(String function) {
        long value = values.getOrDefault(function, 0L);
        return value == AMBIGUOUS ? 0 : value;
    }

    private static Map<String, Long> read(ByteBuffer elf) {
        long sections = elf.getLong(0x28);
        int count = Short.toUnsignedInt(elf.getShort(0x3c));
        for (int i = 0; i < count; i++) {
            int section = Math.toIntExact(sections + (long) i * SECTION_ENTRY_LENGTH);
            if (elf.getInt(section + 4) == SHT_SYMTAB) {
                int names = Math.toIntExact(sections + (long) elf.getInt(section + 40) * SECTION_ENTRY_LENGTH);
                return functions(elf, section, Math.toIntExact(elf.getLong(names + 24)));
            }
        }
        throw new LibraryFailure("the ELF file has no symbol table");
    }

    private static Map<String, Long> functions(ByteBuffer elf, int section, int names) {
        Map<String, Long> found = new HashMap<>();
        int start = Math.toIntExact(elf.getLong(section + 24));
        int count = Math.toIntExact(elf.getLong(section + 32) / SYMBOL_ENTRY_LENGTH);
        for (int i = 0; i < count; i++) {
            int symbol = start + i * SYMBOL_ENTRY_LENGTH;
            boolean function = (elf.get(symbol + 4) & 0xf) == STT_FUNC;
            boolean defined = elf.getShort(symbol + 6) != 0;
            if (function && defined) {
                long value = elf.getLong(symbol + 8);
                found.merge(name(elf, names + elf.getInt(symbol)), value, (a, b) -> a.equals(b) ? a : AMBIGUOUS);
            }
        }
        return found;
    }

    private static String name(ByteBuffer elf, int start) {
        int end = start;
        while (elf.get(end) != 0) {
            end++;
        }
        byte[] name = new byte[end - start];
        elf.get(start, name);
        return new String(name, StandardCharsets.US_ASCII);
    }
}
