package com.dishtayantra.lmdb;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A native object that is freed once, when it was closed and no call is using it. A call that comes later is refused,
 * from whatever thread.
 */
final class Handle implements Runnable {
    /** Runs what is to be done when an object is unreachable. */
    static final Cleaner CLEANER = Cleaner.create();

    /** The bit of the state that says closed; the rest counts the calls inside. */
    private static final int CLOSED = Integer.MIN_VALUE;

    private final Kind kind;
    private final AtomicInteger state = new AtomicInteger(CLOSED);
    /** Written before the state says that there is one. */
    private long pointer;

    /**
     * A handle that is closed until it owns an object. It is made, and whatever else needs memory, before the object is: so
     * nothing can fail between the making of an object and its being owned.
     *
     * @param kind what it is
     */
    Handle(Kind kind) {
        this.kind = kind;
    }

    /** Takes the one native object over. */
    void own(long pointer) {
        this.pointer = pointer;
        state.set(0);
    }

    /** Begins a call; {@link #leave} ends it. */
    long enter() {
        int now = state.get();
        while (now >= 0) {
            if (state.compareAndSet(now, now + 1)) {
                return pointer;
            }
            now = state.get();
        }
        throw closed(kind.toString());
    }

    /** Ends a call. */
    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            kind.free(pointer);
        }
    }

    boolean isClosed() {
        return state.get() < 0;
    }

    /** Closes: no call begins any more. Closing again does nothing. */
    void close() {
        int now = state.get();
        while (!state.compareAndSet(now, now | CLOSED)) {
            now = state.get();
        }
        if (now == 0) {
            kind.free(pointer);
        }
    }

    @Override
    public void run() {
        close();
    }

    /** Ends a call when it is run. */
    Runnable leaving() {
        return new Runnable() {
            @Override
            public void run() {
                leave();
            }
        };
    }

    static StoreClosedException closed(String noun) {
        return new StoreClosedException(Status.CLOSED, "this " + noun + " was closed; open it again");
    }

    /** Kinds of native objects. */
    enum Kind {
        STORE {
            @Override
            void free(long pointer) {
                Store.release(pointer);
            }
        },
        VIEW {
            @Override
            void free(long pointer) {
                View.release(pointer);
            }
        },
        LOAN {
            @Override
            void free(long pointer) {
                Loan.release(pointer);
            }
        },
        WRITER {
            @Override
            void free(long pointer) {
                Writer.release(pointer);
            }
        },
        REFERENCE {
            @Override
            void free(long pointer) {
                Reference.release(pointer);
            }
        };

        abstract void free(long pointer);

        /** The noun, for messages. */
        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
