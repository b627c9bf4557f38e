//! Roles and plans: two of the three things that decide what a person may do (ROL-02).

/// What a person is in one organization (ROL-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May print; needs approval where the organization asks for it.
    Guest,
    /// Plans and approves print jobs on the printers they can access.
    Member,
    /// Everything, security included.
    Admin,
}

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 3] = [Self::Guest, Self::Member, Self::Admin];
    /// The word in the database and the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
    /// The name people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guest => "Guest",
            Self::Member => "Member",
            Self::Admin => "Admin",
        }
    }
    /// Reads [`Role::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// What a plan can contain (PLN-01, PLN-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// The Guest role.
    Guests,
    /// Print job approval.
    Approval,
    /// The fleet-wide report (AMB-37).
    FleetReport,
}

/// A plan is a named set of features; a self-hosted organization starts as Professional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plan {
    /// No Guest role, no approval, no fleet report.
    Essentials,
    /// All three.
    Professional,
    /// All three.
    Excellence,
    /// All three.
    Education,
}

impl Plan {
    /// All plans.
    pub const ALL: [Self; 4] = [Self::Essentials, Self::Professional, Self::Excellence, Self::Education];
    /// The word in the database and the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Essentials => "essentials",
            Self::Professional => "professional",
            Self::Excellence => "excellence",
            Self::Education => "education",
        }
    }
    /// The name people see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Essentials => "Essentials",
            Self::Professional => "Professional",
            Self::Excellence => "Excellence",
            Self::Education => "Education",
        }
    }
    /// Reads [`Plan::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.word() == word)
    }
    /// Whether the plan contains a feature.
    #[must_use]
    pub const fn has(self, feature: Feature) -> bool {
        match feature {
            Feature::Guests | Feature::Approval | Feature::FleetReport => !matches!(self, Self::Essentials),
        }
    }
    /// The plans with a feature, for sentences such as "Professional, Excellence or Education".
    #[must_use]
    pub fn with(feature: Feature) -> Vec<Self> {
        Self::ALL.into_iter().filter(|plan| plan.has(feature)).collect()
    }
}
