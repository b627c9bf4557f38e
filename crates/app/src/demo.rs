//! Seeds the demo: one organization on the Professional plan, three people, two virtual printers, three held print jobs.
//! Called by the operator's command line only.

use domain::{Plan, Role};
use store::accounts;
use store::organizations::{self, Founding};
use store::people;

use crate::{App, Error, TestRequest, read, write};

/// A person of the demo.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Password, random per data folder.
    pub password: String,
}

/// A printer of the demo.
#[derive(Debug, Clone)]
pub struct DemoPrinter {
    /// Name.
    pub name: String,
    /// Address of the virtual printer.
    pub address: String,
    /// Its key.
    pub api_key: String,
}

/// A print job of the demo, sent by the Guest.
#[derive(Debug)]
pub struct DemoJob {
    /// File name.
    pub file: &'static str,
    /// Name of the job.
    pub name: &'static str,
    /// Note for the approver.
    pub note: &'static str,
    /// Bytes.
    pub bytes: Vec<u8>,
    /// Which printer.
    pub printer: usize,
}

impl App {
    /// Whether the demo was seeded before.
    ///
    /// # Errors
    /// The database.
    pub async fn demo_exists(&self) -> Result<bool, Error> {
        let mut conn = read!(self);
        Ok(organizations::any_admin(&mut conn).await?)
    }

    /// Seeds an empty installation through the same use cases that the API calls.
    ///
    /// # Errors
    /// The database or the disk.
    #[expect(clippy::disallowed_methods, reason = "the demo is the operator's own command")]
    pub async fn seed_demo(
        &self,
        organization: &str,
        people: &[DemoPerson],
        printers: &[DemoPrinter],
        jobs: Vec<DemoJob>,
    ) -> Result<(), Error> {
        let leave = Founding::by_operator();
        let mut org = None;
        for person in people {
            let hash = self.0.passwords.hash(&person.password).await?;
            let id: Result<_, Error> =
                write!(self, |tx| Ok(accounts::create(&mut tx, &person.email, &person.name, &hash).await?));
            let id = id?;
            match org {
                None => {
                    let founded: Result<_, Error> = write!(self, |tx| {
                        Ok(organizations::create(&mut tx, &leave, organization, Plan::Professional, true, id).await?)
                    });
                    org = Some(founded?);
                }
                Some(org) => {
                    let added: Result<(), Error> =
                        write!(self, |tx| Ok(people::add_by_operator(&mut tx, &leave, org, id, person.role).await?));
                    added?;
                }
            }
        }
        let find = |role: Role| people.iter().find(|p| p.role == role);
        let (Some(admin), Some(guest)) = (find(Role::Admin), find(Role::Guest)) else {
            return Err(Error::Internal("the demo needs an Admin and a Guest".into()));
        };
        let admin = self.demo_person(admin).await?;
        let guest = self.demo_person(guest).await?;
        let mut ids = Vec::new();
        for printer in printers {
            let request = TestRequest {
                family: "octoprint".into(),
                address: printer.address.clone(),
                api_key: printer.api_key.clone(),
            };
            let id = self.add_printer(&admin, &printer.name, &request, true, None).await?;
            // The virtual plates are clear: nobody has printed on them yet.
            self.clear_plate(&admin, id, None).await?;
            ids.push(id);
        }
        for job in jobs {
            let size = job.bytes.len() as u64;
            let upload = self.announce_upload(&guest, job.file, size, None, None).await?;
            let body = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(job.bytes))]);
            self.send_piece(&guest, upload.id, 0, body).await?;
            let request = crate::JobRequest {
                upload: upload.id,
                target: crate::Target::Printer(*ids.get(job.printer).ok_or(Error::NotFound)?),
                name: Some(job.name.to_owned()),
                note: Some(job.note.to_owned()),
                idempotency_key: format!("demo-{}", upload.id),
            };
            self.submit(&guest, &request).await?;
        }
        Ok(())
    }

    async fn demo_person(&self, person: &DemoPerson) -> Result<store::accounts::SignedIn, Error> {
        let token = self.sign_in(&person.email, &person.password, "the demo itself", "imprimatur demo").await?;
        self.signed_in(&token).await
    }
}
