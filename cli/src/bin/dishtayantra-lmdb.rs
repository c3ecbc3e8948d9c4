//! The command-line tool; see the library beside it.

fn main() -> std::process::ExitCode {
    dishtayantra_lmdb_cli::main()
}
