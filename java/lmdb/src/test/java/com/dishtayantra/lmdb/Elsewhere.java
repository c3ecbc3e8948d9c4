package com.dishtayantra.lmdb;

/** A JVM in which the store of a reference is at another path: the environment says where. */
final class Elsewhere {
    private Elsewhere() {}

    /** Answers the reference that is the second argument with its input. */
    public static void main(String[] job) {
        Reference reference = Reference.parse(job[1]);
        try (View view = reference.viewInput()) {
            reference.putOutput(PutOptions.defaults(), view.buffer());
            System.out.println("answered");
        } catch (LmdbException error) {
            System.out.println(error.getMessage());
        }
    }
}
