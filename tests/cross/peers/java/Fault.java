/** What is not as it should be. */
final class Fault extends Exception {
    private static final long serialVersionUID = 1;

    Fault(String what) {
        super(what);
    }

    static void require(boolean condition, String what) throws Fault {
        if (!condition) {
            throw new Fault(what);
        }
    }
}
