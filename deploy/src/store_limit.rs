//! How much the hub stores, in bytes, and how that is divided.
//!
//! A stream that takes no more gives an error that everybody sees; a full disk stops all of them until a restart.

use backtrail_bus::realm::Realm;

const GIB: i64 = 1024 * 1024 * 1024;

/// All that the server keeps. Said outright: the server's own choice follows the free disk of the moment it starts,
/// and a stream that fitted yesterday would be refused today.
pub(crate) const HUB_BYTES: i64 = 16 * GIB;

/// The size at which the hub's exchange of one realm takes no more.
pub(crate) fn exchange_bytes(realm: Realm) -> i64 {
    match realm {
        Realm::Real => 2 * GIB,
        Realm::Exercise => GIB / 2,
    }
}

/// The size at which the hub's stream of one realm takes no more. What both leave is for the agencies' own streams.
pub(crate) fn incidents_bytes(realm: Realm) -> i64 {
    match realm {
        Realm::Real => 8 * GIB,
        Realm::Exercise => 2 * GIB,
    }
}
