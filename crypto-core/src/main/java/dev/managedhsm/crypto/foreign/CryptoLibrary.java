// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one libcrypto of this process, chosen when this class is first used:
 *
 * <ol>
 *   <li>the path in the system property {@value #PATH_PROPERTY}; if it is set, nothing else is tried, because somebody
 *       chose that library for a reason (a validated module, say);
 *   <li>AWS-LC inside the pinned Corretto provider jar: its functions are not exported, so they are found through the
 *       file's own symbol table;
 *   <li>the system's {@code libcrypto.so.3}.
 * </ol>
 *
 * <p>Says nothing of whether the library computes rightly: known-answer tests do, before any key is loaded.
 */
public final class CryptoLibrary {
    /** System property with the path of a libcrypto to use. */
    public static final String PATH_PROPERTY = "hsm.libcrypto";

    private static final Logger LOG = LoggerFactory.getLogger(CryptoLibrary.class);
    private static final String CORRETTO_RESOURCE =
            "com/amazon/corretto/crypto/provider/libamazonCorrettoCryptoProvider.so";
    private static final String CORRETTO_X86_64 = "dbe70fff6ae4f4f5a46ff0438530901253f6dd5c6692dc0e44181d69d61f1da4";
    private static final String CORRETTO_AARCH64 = "b109569a3c01e508f0173ea7d8b8ebe157d2a74def295392a7420d0c10fd841e";
    private static final String CORRETTO_NAME = "AWS-LC of the Corretto provider 2.5.0";
    private static final String SYSTEM_NAME = "libcrypto.so.3";
    private static final long VERSION_TEXT_LENGTH_MAX = 256;

    private static final List<String> SKIPPED = new ArrayList<>();
    private static final @Nullable CryptoLibrary CHOSEN = choose();

    private final SymbolLookup lookup;
    private final boolean awsLc;
    private final String description;

    private CryptoLibrary(SymbolLookup lookup, String origin) {
        this.lookup = lookup;
        this.awsLc = lookup.find("EVP_AEAD_CTX_seal_scatter").isPresent();
        this.description = version() + " (" + origin + ")";
    }

    /**
     * The chosen library.
     *
     * @throws LibraryFailure if no library can be used, with the reason for each
     */
    public static CryptoLibrary chosen() {
        if (CHOSEN == null) {
            throw new LibraryFailure("no libcrypto can be used: " + String.join("; ", SKIPPED));
        }
        return CHOSEN;
    }

    /** Version and origin, one line. */
    public String description() {
        return description;
    }

    /** Whether this is AWS-LC, whose interface differs from OpenSSL's in a few functions. */
    public boolean awsLc() {
        return awsLc;
    }

    /**
     * Binds a function.
     *
     * @param function its name
     * @param shape the type of its answer, then of each parameter, one letter each: {@code p} pointer, {@code n} size or
     *     long, {@code i} int, {@code l} a length that is {@code size_t} in AWS-LC and {@code int} in OpenSSL, and for
     *     the answer {@code v} nothing. In the handle, {@code p}, {@code n} and {@code l} are {@code long}, so that
     *     callers are the same for every library.
     * @throws LibraryFailure if the library does not have it
     */
    MethodHandle bind(String function, String shape) {
        return bind(function, shape, new Linker.Option[0]);
    }

    /** The same for a call so short that it may hold up a safepoint: a microsecond or two at most, never blocking. */
    MethodHandle bindShort(String function, String shape) {
        return bind(function, shape, Linker.Option.critical(false));
    }

    private MethodHandle bind(String function, String shape, Linker.Option... options) {
        MemorySegment address =
                lookup.find(function).orElseThrow(() -> new LibraryFailure("libcrypto lacks " + function));
        MemoryLayout[] parameters = new MemoryLayout[shape.length() - 1];
        Class<?>[] carriers = new Class<?>[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            char letter = shape.charAt(i + 1);
            parameters[i] = layout(letter);
            carriers[i] = letter == 'i' ? int.class : long.class;
        }
        FunctionDescriptor type = shape.charAt(0) == 'v'
                ? FunctionDescriptor.ofVoid(parameters)
                : FunctionDescriptor.of(layout(shape.charAt(0)), parameters);
        MethodHandle handle = Linkage.handle(address, type, options);
        MethodType wide = MethodType.methodType(handle.type().returnType(), carriers);
        return MethodHandles.explicitCastArguments(handle, wide);
    }

    private MemoryLayout layout(char letter) {
        return switch (letter) {
            case 'p', 'n' -> JAVA_LONG;
            case 'i' -> JAVA_INT;
            case 'l' -> awsLc ? JAVA_LONG : JAVA_INT;
            default -> throw new IllegalStateException("no such type: " + letter);
        };
    }

    @SuppressWarnings("restricted") // the library promises a text that ends with a zero byte
    private String version() {
        MethodHandle function = bind("OpenSSL_version", "pi");
        try {
            long text = (long) function.invokeExact(0);
            return MemorySegment.ofAddress(text)
                    .reinterpret(VERSION_TEXT_LENGTH_MAX)
                    .getString(0);
        } catch (Throwable t) {
            throw Linkage.broken("OpenSSL_version", t);
        }
    }

    private static @Nullable CryptoLibrary choose() {
        if (!Linkage.KNOWN_PLATFORM) {
            SKIPPED.add("this is not Linux on x86-64 or AArch64");
            return null;
        }
        String path = System.getProperty(PATH_PROPERTY, "");
        if (!path.isEmpty()) {
            return attempt(path, () -> new CryptoLibrary(library(path), "configured: " + path));
        }
        CryptoLibrary corretto = attempt(CORRETTO_NAME, () -> new CryptoLibrary(corretto(), CORRETTO_NAME));
        return corretto != null
                ? corretto
                : attempt(SYSTEM_NAME, () -> new CryptoLibrary(library(SYSTEM_NAME), "the system's " + SYSTEM_NAME));
    }

    private static @Nullable CryptoLibrary attempt(String name, Supplier<CryptoLibrary> candidate) {
        try {
            CryptoLibrary library = candidate.get();
            LOG.info("libcrypto: {}", library.description());
            return library;
        } catch (LibraryFailure e) {
            SKIPPED.add(name + ": " + e.getMessage());
            LOG.warn("libcrypto: {} is skipped: {}", name, e.getMessage());
            return null;
        }
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup library(String nameOrPath) {
        try {
            return nameOrPath.contains("/")
                    ? SymbolLookup.libraryLookup(Path.of(nameOrPath), Arena.global())
                    : SymbolLookup.libraryLookup(nameOrPath, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new LibraryFailure("the system cannot load it");
        }
    }

    /** The load address is where an exported function is, less the offset at which the file says it lies. */
    private static SymbolLookup corretto() {
        String pin = Linkage.architecture().equals("x86_64") ? CORRETTO_X86_64 : CORRETTO_AARCH64;
        Bundled bundled = Bundled.load(CORRETTO_RESOURCE, pin);
        ElfSymbols symbols = ElfSymbols.read(bundled.bytes());
        long anchor = symbols.offset("JNI_OnLoad");
        Optional<MemorySegment> loaded = bundled.lookup().find("JNI_OnLoad");
        if (anchor == 0 || loaded.isEmpty()) {
            throw new LibraryFailure("its symbol table does not fit the loaded file");
        }
        long base = loaded.get().address() - anchor;
        return function -> {
            long offset = symbols.offset(function);
            return offset == 0 ? Optional.empty() : Optional.of(MemorySegment.ofAddress(base + offset));
        };
    }
}
