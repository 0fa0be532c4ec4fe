//! The rules on which the vendor's page is silent, as far as they can be set. The default is the contract's.

/// What [`decide`](super::atendimento::decide) does where the vendor's page says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub same_status: SameStatus,
    pub unneeded_motivo: UnneededMotivo,
    pub unknown_motivo: UnknownMotivo,
}

/// A change to the status that the atendimento has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameStatus {
    #[default]
    Made,
    Refused,
}

/// A motivo where none is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnneededMotivo {
    /// Recorded if it is registered, and else as good as none: the vendor page's own examples send fillers.
    #[default]
    Ignored,
    /// It has to be registered.
    Checked,
    Refused,
}

/// A motivo that is required and not registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownMotivo {
    #[default]
    Refused,
    /// The change is made, and records none.
    Ignored,
}
