//! `com.dishtayantra.lmdb.NativeLibrary`.

use jni::EnvUnowned;
use jni::objects::JClass;
use jni::sys::jint;

/// Version of the native methods, as in Java's class `NativeLibrary`: one more whenever one of them changes.
const VERSION: jint = 2;

/// `NativeLibrary.version`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_NativeLibrary_version<'local>(
    _env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> jint {
    VERSION
}
