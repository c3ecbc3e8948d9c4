package com.dishtayantra.lmdb;

/** A loan is no longer in the store: its holder was taken for dead. */
public final class LoanLostException extends LmdbException {
    private static final long serialVersionUID = 1L;

    LoanLostException(String message) {
        super(Status.LOAN_LOST, message);
    }
}
