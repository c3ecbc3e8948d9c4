package com.dishtayantra.lmdb;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;

/**
 * The library of the jar as a file, in a directory that only this user can enter. It goes when the JVM ends in order; that
 * of one that was killed goes when the next one extracts its own.
 *
 * <p>A JVM holds a lock on a file in its directory for as long as it lives, so a directory whose lock can be had is nobody's.
 */
final class Extracted {
    private static final String PREFIX = "dishtayantra_lmdb-";
    private static final String LOCK = "in-use";
    /** Directories that somebody may take for left behind, between the making and the locking of them. */
    private static final int ATTEMPTS = 100;

    /** Held until the process ends. Nothing else in it may open the file: closing that would end the lock. */
    private static FileChannel held;

    private Extracted() {}

    /** Writes the library to a file of this name in a new directory. */
    static synchronized Path file(InputStream library, String name) throws IOException {
        Path temporary = Paths.get(System.getProperty("java.io.tmpdir"));
        Path directory = directory(temporary);
        Path file = directory.resolve(name);
        for (Path made : new Path[] {directory, directory.resolve(LOCK), file}) {
            made.toFile().deleteOnExit();
        }
        Files.copy(library, file);
        sweep(temporary, Files.getOwner(directory), name);
        return file;
    }

    private static Path directory(Path temporary) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Path directory = Files.createTempDirectory(temporary, own());
            Path lock = directory.resolve(LOCK);
            FileChannel channel = null;
            try {
                channel = FileChannel.open(lock, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                // Unless a sweep was quicker, which removes it.
                if (channel.tryLock() != null && Files.exists(lock)) {
                    held = channel;
                    return directory;
                }
                channel.close();
            } catch (IOException error) {
                if (channel != null) {
                    channel.close();
                }
                if (Files.exists(directory)) {
                    throw error;
                }
            }
        }
        throw new IOException("no directory could be locked in " + ATTEMPTS + " attempts");
    }

    /** What the names of this process's directories begin with. */
    private static String own() {
        return PREFIX + ProcessHandle.current().pid() + "-";
    }

    /** Removes the directories of this user's JVMs that have ended. What cannot be removed stays. */
    private static void sweep(Path temporary, UserPrincipal user, String name) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(temporary, PREFIX + "*")) {
            for (Path directory : found) {
                if (!directory.getFileName().toString().startsWith(own())) {
                    remove(directory, user, name);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            left(temporary, unreadable);
        }
    }

    private static void remove(Path directory, UserPrincipal user, String name) {
        Path lock = directory.resolve(LOCK);
        try {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    || !user.equals(Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS))
                    || !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                    FileLock taken = channel.tryLock()) {
                if (taken != null) {
                    Files.deleteIfExists(directory.resolve(name));
                    Files.deleteIfExists(lock);
                    Files.deleteIfExists(directory);
                }
            }
        } catch (IOException failure) {
            // Its JVM has just ended or somebody else removes it, perhaps.
            left(directory, failure);
        }
    }

    private static void left(Path place, Exception failure) {
        System.getLogger("com.dishtayantra.lmdb").log(
                System.Logger.Level.DEBUG, "a left copy of the library stays in " + place, failure);
    }
}
