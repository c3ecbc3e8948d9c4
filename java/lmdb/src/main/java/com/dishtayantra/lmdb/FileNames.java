package com.dishtayantra.lmdb;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.Paths;

/** Names of files as the bytes that they are to the system: Java's texts hold only those that the locale's encoding has. */
final class FileNames {
    private FileNames() {}

    /** The absolute name of a file. */
    static byte[] bytes(Path path) {
        if (!path.getFileSystem().equals(FileSystems.getDefault())) {
            return Texts.encode("path", path.toString());
        }
        String escaped = path.toUri().getRawPath();
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        for (int at = 0; at < escaped.length(); at++) {
            char c = escaped.charAt(at);
            if (c == '%') {
                name.write(Integer.parseInt(escaped.substring(at + 1, at + 3), 16));
                at += 2;
            } else {
                name.write(c);
            }
        }
        byte[] bytes = name.toByteArray();
        // A directory's has a slash at its end.
        boolean slash = bytes.length > 1 && bytes[bytes.length - 1] == '/';
        return slash ? java.util.Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    }

    /** The file of an absolute name. */
    static Path path(byte[] name) {
        StringBuilder escaped = new StringBuilder("file://");
        for (byte part : name) {
            if (part == '/') {
                escaped.append('/');
            } else {
                escaped.append('%').append(Character.forDigit(part >> 4 & 0xF, 16)).append(Character.forDigit(part & 0xF, 16));
            }
        }
        return Paths.get(URI.create(escaped.toString()));
    }

    /** A name that people can read, whatever its bytes. */
    static String shown(Path path) {
        String text = new String(bytes(path), StandardCharsets.UTF_8);
        boolean isText = text.indexOf('\uFFFD') < 0 && StandardCharsets.US_ASCII.newEncoder().canEncode(text);
        return isText ? text : path.toUri().toString();
    }
}
