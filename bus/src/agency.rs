//! Names of those who post and of those who may read.

use crate::token::token_name;

token_name! {
    /// An agency on the bus, such as `nl-customs`: an account on the server, an originator of incidents.
    AgencyId
}

token_name! {
    /// A named set of agencies that may read what is posted to it, such as `all` or `to-be-police`.
    CircleId
}
