package com.dishtayantra.lmdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file that this process has mapped, as the system tells of it. */
final class Mapped {
    private static final Path MAPS = Paths.get("/proc/self/maps");
    /** What the system writes behind the name of a file that was removed, or that another one took the place of. */
    private static final String REMOVED = " (deleted)";
    private static final Pattern LINE = Pattern.compile("(\\S+) \\S+ \\S+ (\\S+ \\d+) +(/.*)");

    /** Its device and inode. */
    final String identity;
    final Path path;
    /** Whether the file is no longer under its name. */
    final boolean removed;
    /** Its address: a name in the system's directory of mapped files. */
    private final String range;

    private Mapped(String range, String identity, String name) {
        this.range = range;
        this.identity = identity;
        removed = name.endsWith(REMOVED);
        String left = removed ? name.substring(0, name.length() - REMOVED.length()) : name;
        path = FileNames.path(left.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The files that are mapped under such a name, or one that begins so; each once. */
    static List<Mapped> named(String fileName) {
        List<Mapped> found = new ArrayList<>();
        String maps;
        try {
            // A name may be of any bytes.
            maps = new String(Files.readAllBytes(MAPS), StandardCharsets.ISO_8859_1);
        } catch (IOException unreadable) {
            return found;
        }
        for (String line : maps.split("\n")) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches() || !matcher.group(3).startsWith(fileName, matcher.group(3).lastIndexOf('/') + 1)) {
                continue;
            }
            String identity = matcher.group(2);
            boolean isNew = true;
            for (Mapped other : found) {
                isNew &= !other.identity.equals(identity);
            }
            if (isNew) {
                found.add(new Mapped(matcher.group(1), identity, matcher.group(3)));
            }
        }
        return found;
    }

    /** The file by its address, which some processes may use: it is the one that is mapped, whatever its name is now. */
    Path byAddress() {
        return Paths.get("/proc/self/map_files", range);
    }
}
