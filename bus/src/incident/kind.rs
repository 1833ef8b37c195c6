//! What kind of event an incident reports.

use super::code_list;

code_list! {
    /// Kind of incident, as INCB counts them (annual report 2023, recommendation 21, and the reports on precursors).
    IncidentKind {
        Seizure = "seizure",
        StoppedShipment = "stopped-shipment",
        SuspendedShipment = "suspended-shipment",
        SuspiciousShipment = "suspicious-shipment",
        Diversion = "diversion",
        AttemptedDiversion = "attempted-diversion",
        /// A request, order or transaction that a supplier or regulator found suspicious.
        SuspiciousOrder = "suspicious-order",
        TheftOrLoss = "theft-or-loss",
        IllicitManufactureSite = "illicit-manufacture-site",
        /// Pill presses, encapsulators and the like.
        Equipment = "equipment",
        OnlineListing = "online-listing",
    }
}
