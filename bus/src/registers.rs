//! The registers that a report is read by: substances and places.

use std::path::Path;

use crate::gazetteer::Gazetteer;
use crate::gazetteer::unlocode::{self, ImportError};
use crate::substance_register::{RegisterError, SubstanceRegister};

/// Everything that turns what was written into something comparable.
#[derive(Debug, Clone, Copy)]
pub struct Registers<'r> {
    pub substances: &'r SubstanceRegister,
    pub places: &'r Gazetteer,
}

/// The shipped registers with what this deployment added: its own substances, and the imported table of places.
#[derive(Debug, Default)]
pub struct InstalledRegisters {
    substances: Option<SubstanceRegister>,
    places: Option<Gazetteer>,
}

/// Why what was added cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistersError {
    #[error(transparent)]
    Substances(#[from] RegisterError),
    #[error(transparent)]
    Places(#[from] ImportError),
}

impl Registers<'static> {
    /// The registers that are shipped with this program.
    pub fn shipped() -> Self {
        Self { substances: SubstanceRegister::shipped(), places: Gazetteer::shipped() }
    }
}

impl InstalledRegisters {
    /// Reads the local substances, where the context names a file of them, and the imported places, where there are
    /// any.
    pub fn open(local_substances: Option<&Path>) -> Result<Self, RegistersError> {
        let substances = local_substances.map(SubstanceRegister::with_local).transpose()?;
        let imported = unlocode::read(&unlocode::table_path()?)?;
        let places = (!imported.is_empty()).then(|| Gazetteer::with(imported));
        Ok(Self { substances, places })
    }

    /// The registers to read reports by.
    pub fn get(&self) -> Registers<'_> {
        let shipped_substances = || SubstanceRegister::shipped();
        let shipped_places = || Gazetteer::shipped();
        Registers {
            substances: self.substances.as_ref().unwrap_or_else(shipped_substances),
            places: self.places.as_ref().unwrap_or_else(shipped_places),
        }
    }
}
