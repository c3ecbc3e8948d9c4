/**
 * Large payloads on one host, handed from process to process and from language to language through an LMDB memory map.
 *
 * <p>{@link com.dishtayantra.lmdb.Store} puts payloads and looks at them in place ({@link com.dishtayantra.lmdb.View}),
 * lends room to build them ({@link com.dishtayantra.lmdb.Loan}), and walks ({@link com.dishtayantra.lmdb.Document}) and
 * writes ({@link com.dishtayantra.lmdb.Writer}) MessagePack whose arrays lie typed and aligned. What travels
 * between programs is a {@link com.dishtayantra.lmdb.Reference}.
 *
 * <p>Every failure is an unchecked exception that is a {@link com.dishtayantra.lmdb.LmdbFailure}. Unless a class says
 * otherwise its objects may be used from any thread.
 */
package com.dishtayantra.lmdb;
