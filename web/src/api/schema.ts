// Generated from crates/testkit/golden/openapi.json by `npm run types`. Do not edit.

export interface components {
    schemas: {
        /** @description The own account. */
        AccountView: {
            /** @description E-mail address. */
            email: string;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Public name. */
            name: string;
        };
        /** @description Another organization. */
        Activate: {
            /**
             * Format: uuid
             * @description Its id.
             */
            organization: string;
        };
        /** @description The active organization. */
        ActiveOrganization: {
            /** @description A Guest on a plan without Guests: nothing new can be sent (AMB-38). */
            frozen: boolean;
            held_back?: components["schemas"]["HeldBack"] | null;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Where the news stood before this was read: `GET /events?after=` this, unchanged, misses nothing that this does not show. */
            news_from: string;
            /**
             * Format: int64
             * @description People in it.
             */
            people: number;
            /** @description How many of them have each role. */
            people_by_role: components["schemas"]["PeopleByRole"];
            /** @description Plan. */
            plan: components["schemas"]["PlanView"];
            /** @description The asker's role. */
            role: components["schemas"]["RoleWord"];
        };
        /** @description A file for the project. */
        AddFile: {
            /**
             * Format: uuid
             * @description A complete upload that was announced for this project.
             */
            upload: string;
        };
        /** @description A new printer. */
        AddPrinter: {
            /** @description Host, or host and port. */
            address: string;
            /** @description API key; kept sealed, never shown again. */
            api_key: string;
            /** @description `octoprint`. */
            family: string;
            /** @description Name. */
            name: string;
            /** @description Share it with everybody. */
            share_with_organization: boolean;
        };
        /** @description Whether an action is possible for the asker, or why not. */
        Allowed: {
            /** @description Yes or no. */
            allowed: boolean;
            failed?: components["schemas"]["FailedWord"] | null;
            /** @description Who can change it. */
            who_can?: string[] | null;
            /** @description One sentence. */
            why?: string | null;
        };
        /** @description A file to be sent. */
        Announce: {
            /** @description File name; a label, never a path. */
            name: string;
            /**
             * Format: uuid
             * @description The library project it is for (LIB-07): that takes models, too. Absent: it is for a print job.
             */
            project?: string | null;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description Yes or no to an application. */
        AnswerAuthorization: {
            /** @description Yes. */
            allow: boolean;
            /** @description The query of the address, unchanged. */
            query: string;
        };
        /** @description Yes or no to a device. */
        AnswerDevice: {
            /** @description Yes. */
            allow: boolean;
            /** @description As it was typed. */
            code: string;
        };
        /** @description A registered application. */
        ApplicationItem: {
            /** @description When. */
            created_at: string;
            /**
             * Format: uuid
             * @description Its `client_id`.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description For so many people it acts now.
             */
            people: number;
            /** @description Where answers may go; none: it is a device. */
            redirect_uris: string[];
            /** @description Who registered it. */
            registered_by: string;
            /** @description The most it may ask for. */
            scopes: components["schemas"]["ScopeWord"][];
        };
        /** @description Who can approve a print job. */
        ApproversView: {
            /** @description They asked for the project to be shared, and have no answer yet. */
            asked_by: components["schemas"]["PersonRef"][];
            /** @description What is in the way whoever decides: its printer is gone, off or taken away (AMB-29). It has to be moved first. */
            first?: string | null;
            fix?: components["schemas"]["ShareFix"] | null;
            /** @description Nobody can. */
            nobody: boolean;
            /** @description They can; with `first`, once that is done. */
            people: components["schemas"]["PersonRef"][];
            /** @description The job's library project keeps somebody from it who could use the printer. */
            project: boolean;
            /** @description In words. */
            sentence: string;
        };
        /** @description Whom one could ask: `POST .../requests` with the action. */
        AskView: {
            /** @description They were asked already, less than a day ago. */
            asked_at?: string | null;
            /** @description Who. */
            people: components["schemas"]["PersonRef"][];
            /** @description What they are asked for. */
            remedy: components["schemas"]["RemedyWord"];
        };
        /** @description Who was asked. */
        AskedView: {
            /** @description When; earlier, if it was asked already. */
            asked_at: string;
            /** @description Who. */
            people: components["schemas"]["PersonRef"][];
            /** @description For what. */
            remedy: components["schemas"]["RemedyWord"];
        };
        /** @description What an application asked with. */
        Authorization: {
            /** @description The query of the address, unchanged. */
            query: string;
        };
        BTreeMap: {
            [key: string]: {
                /** @description Yes or no. */
                allowed: boolean;
                failed?: components["schemas"]["FailedWord"] | null;
                /** @description Who can change it. */
                who_can?: string[] | null;
                /** @description One sentence. */
                why?: string | null;
            };
        };
        /** @description Several. */
        Bulk: {
            /** @description At most 500. */
            items: components["schemas"]["BulkOne"][];
        };
        /** @description One of several. */
        BulkOne: {
            /**
             * Format: uuid
             * @description Job.
             */
            id: string;
            /**
             * Format: uuid
             * @description Printer shown.
             */
            printer?: string | null;
            /** @description Hash shown. */
            send_sha: string;
            /**
             * Format: int64
             * @description Version shown.
             */
            version: number;
        };
        /** @description What became of one. */
        BulkOutcome: {
            /**
             * Format: uuid
             * @description Job.
             */
            id: string;
            /** @description Approved. */
            ok: boolean;
            problem?: components["schemas"]["BulkProblem"] | null;
        };
        /** @description Why one could not be approved. */
        BulkProblem: {
            /** @description Stable code. */
            code: string;
            /** @description Sentence. */
            detail: string;
        };
        /** @description What became of all. */
        BulkResults: {
            /** @description In the order asked. */
            results: components["schemas"]["BulkOutcome"][];
        };
        /** @description Old and new password. */
        ChangePassword: {
            /** @description Old. */
            current: string;
            /** @description New. */
            new: string;
        };
        /** @description A change; what is absent stays. */
        ChangePrinter: {
            /** @description Turn on or off (PRN-07). */
            enabled?: boolean | null;
            /** @description New name (PRN-08). */
            name?: string | null;
        };
        /** @description A change; what is absent stays. */
        ChangeProject: {
            /** @description New name. */
            name?: string | null;
            /** @description New notes. */
            notes?: string | null;
            /**
             * Format: int64
             * @description The version that was shown.
             */
            version: number;
        };
        /** @description A new role. */
        ChangeRole: {
            /** @description The role. */
            role: components["schemas"]["RoleWord"];
            was?: components["schemas"]["RoleWord"] | null;
        };
        /** @description A claim. */
        Claim: {
            /**
             * Format: int64
             * @description How many projects were shown: not more are claimed than the asker knew of.
             */
            projects: number;
            /** @description Why. It stays in the journal, and the person reads it if they come back. */
            reason: string;
        };
        /** @description What was claimed. */
        Claimed: {
            /**
             * Format: int64
             * @description So many projects are the asker's own now.
             */
            projects: number;
        };
        /** @description The own password. */
        Confirm: {
            /** @description Password. */
            password: string;
        };
        /** @description What the person is asked. */
        ConsentView: {
            /** @description Name of the application. */
            application?: string | null;
            /** @description See `problem`. */
            back?: string | null;
            /** @description Where the answer goes: a host or a program; `null` for a device. */
            goes_to?: string | null;
            /** @description Why it cannot be; then `back` is where to tell the application. */
            problem?: string | null;
            /** @description What it wants to do. */
            scopes: components["schemas"]["ScopeWord"][];
        };
        /** @description What a copy would do. */
        CopyEffect: {
            /** @description How many people could open the file then, and cannot now. */
            gain: number;
            /** @description The first of them, by name. */
            names: string[];
            /** @description In words. */
            sentence: string;
        };
        /** @description Where to copy a print job. */
        CopyToProject: {
            /**
             * Format: uuid
             * @description A project that the asker may upload to: `GET /projects?changeable=true`.
             */
            project: string;
        };
        /** @description Numbers on the tabs. */
        CountsView: {
            /**
             * Format: int64
             * @description Needs approval.
             */
            needs_approval: number;
            /**
             * Format: int64
             * @description Clear the plate.
             */
            plate: number;
            /**
             * Format: int64
             * @description Printing.
             */
            printing: number;
            /**
             * Format: int64
             * @description Queue.
             */
            queue: number;
        };
        /** @description The print job on a printer. */
        CurrentJob: {
            /**
             * Format: uuid
             * @description Id; `null` for a Guest if it is not theirs.
             */
            id?: string | null;
            /** @description The asker's own. */
            mine: boolean;
            /** @description Name. */
            name?: string | null;
            /**
             * Format: int64
             * @description Number.
             */
            number?: number | null;
        };
        /**
         * @description A decision about a print job.
         * @enum {string}
         */
        DecisionKind: "approved" | "rejected" | "sent_back" | "taken_back";
        /** @description The last decision about a print job. */
        DecisionView: {
            /** @description When. */
            at: string;
            /** @description Who. */
            by: components["schemas"]["PersonRef"];
            /** @description What. */
            kind: components["schemas"]["DecisionKind"];
            /** @description Message or reason. */
            message?: string | null;
        };
        /** @description The demo's sign-ins. */
        DemoSignIns: {
            /** @description One for each role. */
            sign_ins: components["schemas"]["DemoView"][];
        };
        /** @description A sign-in of the demo. */
        DemoView: {
            /** @description E-mail address. */
            email: string;
            /** @description Password. */
            password: string;
            /** @description Role word. */
            role: string;
        };
        /** @description The code that a device shows. */
        DeviceCode: {
            /** @description As it was typed; case, dashes and blanks do not matter. */
            code: string;
        };
        /** @description The effect of a change of the toggle. */
        EffectView: {
            /**
             * Format: int64
             * @description Guests.
             */
            guests: number;
            /**
             * Format: int64
             * @description Held now.
             */
            held: number;
            /**
             * Format: int64
             * @description Queued now.
             */
            queued: number;
            /** @description The sentence to show before saving. */
            sentence: string;
        };
        /** @description Private projects of a former person: that they are there, never what they are. */
        EscrowItem: {
            /** @description Whose. */
            person: components["schemas"]["PersonRef"];
            /**
             * Format: int64
             * @description How many projects.
             */
            projects: number;
            /** @description Not in the organization since. */
            since: string;
        };
        /** @description First facts of a print file: what it says about itself. */
        FactsView: {
            /**
             * Format: double
             * @description Grams.
             */
            filament_g?: number | null;
            /**
             * Format: double
             * @description Millimetres of filament.
             */
            filament_mm?: number | null;
            /**
             * Format: double
             * @description Millimetres.
             */
            layer_height_mm?: number | null;
            /**
             * Format: int32
             * @description Layers.
             */
            layers?: number | null;
            /** @description Kinds of material. */
            material?: string | null;
            /**
             * Format: int64
             * @description Seconds.
             */
            print_time_s?: number | null;
            /** @description Width, depth, height in millimetres. */
            size_mm?: number[] | null;
            /** @description Program and version. */
            slicer?: string | null;
            /** @description The printer it was sliced for. */
            target_machine?: string | null;
            /** @description What a person should know. */
            warnings: string[];
        };
        /**
         * @description Which question said no (ROL-02), or the state.
         * @enum {string}
         */
        FailedWord: "plan" | "role" | "access" | "state";
        /** @description A fresh API token. */
        FreshToken: {
            /** @description Ends. */
            expires_at: string;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description The token itself; shown once, never again. */
            secret: string;
        };
        /** @description Where to go with the answer. */
        GoBack: {
            /** @description The application's address, with a code or with `access_denied`. */
            to: string;
        };
        /** @description Whether the server is up. */
        Health: {
            /** @description `ok`. */
            status: string;
            /** @description Version of the program. */
            version: string;
        };
        /** @description What a removal or a change of role did. */
        HeldAgain: {
            /**
             * Format: int64
             * @description So many queued jobs need a decision again.
             */
            held_again: number;
        };
        /** @description Why nothing starts. */
        HeldBack: {
            /** @description Since when. */
            since: string;
            /** @description What has happened and what to do, in one or two sentences. */
            text: string;
        };
        /** @description An open invitation. */
        InvitationItem: {
            /** @description Whoever invited is no Admin any more: the link does not work until an Admin sends it again. */
            asleep: boolean;
            /** @description Made. */
            created_at: string;
            /** @description Only the account with this address can use it. */
            email?: string | null;
            /** @description Dead already; it can be sent again. */
            expired: boolean;
            /** @description Dies. */
            expires_at: string;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description By. */
            invited_by: string;
            /** @description How its mail fares: `waiting`, `sent`, `failed`, `dropped`; `null` if the link is handed over by hand. */
            mail?: string | null;
            /** @description Why the last try to mail it did not go, and who can put it right. */
            mail_problem?: string | null;
            /** @description Note. */
            name?: string | null;
            /** @description Role. */
            role: components["schemas"]["RoleWord"];
        };
        /** @description Whom to invite. */
        Invite: {
            /** @description Their address: only the account with it can use the link, and the server writes to it if it can send mail. */
            email?: string | null;
            /** @description A note: for whom. */
            name?: string | null;
            /** @description The role. */
            role: components["schemas"]["RoleWord"];
        };
        /** @description A fresh invitation. */
        InvitedView: {
            /** @description Dies. */
            expires_at: string;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description The one-time link; shown once, never again. */
            link: string;
            /** @description The server sends the link by mail. */
            mailed: boolean;
        };
        /** @description A print job. */
        JobDto: {
            /** @description Somebody asked to stop it. */
            abort_requested: boolean;
            /** @description What the asker may do now. */
            actions: components["schemas"]["BTreeMap"];
            /** @description The question to a person. */
            attention?: string | null;
            decision?: components["schemas"]["DecisionView"] | null;
            /** @description Ended. */
            ended_at?: string | null;
            facts?: components["schemas"]["FactsView"] | null;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Its library project is not shared with the asker (APR-20). */
            locked: boolean;
            /** @description Message of the last decision. */
            message?: string | null;
            /** @description The asker's own. */
            mine: boolean;
            /** @description Name. */
            name: string;
            /** @description Needed approval when it was accepted. */
            needed_approval: boolean;
            /** @description Note of the submitter; `null` when somebody else's job is locked. */
            note?: string | null;
            /**
             * Format: int64
             * @description Number in the organization.
             */
            number: number;
            plate?: components["schemas"]["PlateWord"] | null;
            /**
             * Format: int64
             * @description Place in the queue, from 1.
             */
            position?: number | null;
            /** @description The chosen printer. */
            printer: components["schemas"]["PrinterRef"];
            printer_group?: components["schemas"]["PrinterGroupRef"] | null;
            progress?: components["schemas"]["PrintProgress"] | null;
            project?: components["schemas"]["ProjectRef"] | null;
            reason?: components["schemas"]["Reason"] | null;
            reprint_of?: components["schemas"]["JobRef"] | null;
            /** @description Its reprints; only where one job is asked for. */
            reprinted: components["schemas"]["Reprint"][];
            /**
             * Format: uuid
             * @description The run that "plate is clear" names.
             */
            run?: string | null;
            /** @description SHA-256 of the bytes that will be sent; give it back when approving. Empty when somebody else's job is locked. */
            send_sha: string;
            /**
             * Format: int64
             * @description Bytes; 0 when somebody else's job is locked.
             */
            size_bytes: number;
            /** @description First seen printing. */
            started_at?: string | null;
            /** @description In this state since. */
            state_since: string;
            /**
             * Format: int64
             * @description Goes up with each transition.
             */
            state_version: number;
            /** @description Status. */
            status: components["schemas"]["JobStatus"];
            /** @description Accepted. */
            submitted_at: string;
            /** @description Submitter. */
            submitter: components["schemas"]["Submitter"];
            /** @description Address of its picture. */
            thumbnail?: string | null;
            /** @description The approval can be undone until. */
            undo_until?: string | null;
            /**
             * Format: int64
             * @description Version of the request.
             */
            version: number;
            /** @description Waits for a decision since. */
            waiting_since?: string | null;
        };
        /** @description Another print job, by number. */
        JobRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description Number.
             */
            number: number;
        };
        /**
         * @description Where a print job is, in people's words (docs/design.md).
         * @enum {string}
         */
        JobStatus: "needs_approval" | "sent_back" | "queued" | "starting" | "printing" | "paused" | "needs_attention" | "finished" | "failed" | "aborted" | "rejected" | "withdrawn";
        /** @description The join link. */
        JoinLinkItem: {
            /** @description Made. */
            created_at: string;
            /** @description Dies. */
            expires_at: string;
            /** @description The link: everybody who has it can join as a Guest. */
            link: string;
            /** @description By. */
            made_by: string;
            /**
             * Format: int64
             * @description So many may.
             */
            most: number;
            /** @description The same, to be scanned. */
            qr: components["schemas"]["QrView"];
            /**
             * Format: int64
             * @description So many came in by it.
             */
            uses: number;
            /** @description It can be used now. */
            valid: boolean;
        };
        /** @description Whether there is a join link, and which. */
        JoinLinkView: {
            /** @description Whether there can be one, or why not. */
            available: components["schemas"]["Allowed"];
            link?: components["schemas"]["JoinLinkItem"] | null;
        };
        /** @description One of them. */
        LimitView: {
            /**
             * Format: int64
             * @description So many there may be.
             */
            most?: number | null;
            /**
             * Format: int64
             * @description So many there are.
             */
            used: number;
        };
        /** @description What the operator allows, and how much of it is used. `most` is `null` where there is no limit. */
        LimitsView: {
            /** @description People in the organization. */
            people: components["schemas"]["LimitView"];
            /** @description Printers, those in the Trash not counted. */
            printers: components["schemas"]["LimitView"];
            /** @description Files, in megabytes; the quotas of the server hold besides. */
            storage_mb: components["schemas"]["LimitView"];
        };
        /** @description What became of a list. */
        ListResult: {
            /** @description So many were (or would be) invited. */
            invited: number;
            /** @description Each line, in order. */
            rows: components["schemas"]["ListRow"][];
        };
        /** @description What became of a line. */
        ListRow: {
            /** @description Address. */
            email?: string | null;
            invited?: components["schemas"]["InvitedView"] | null;
            /** @description The line in the list, from 1. */
            line: number;
            /** @description Name. */
            name?: string | null;
            /** @description `invited`, `would_be_invited`, `duplicate`, `already_in`, `already_invited`, `not_in_plan` or `invalid`. */
            outcome: string;
            /** @description Role. */
            role: components["schemas"]["RoleWord"];
            /** @description Why not, in a sentence. */
            why?: string | null;
        };
        /** @description What a printer last said. */
        LiveView: {
            /**
             * Format: double
             * @description Degrees.
             */
            bed_c?: number | null;
            /** @description Running file; only for those who may change the printer. */
            file?: string | null;
            /**
             * Format: double
             * @description Degrees.
             */
            nozzle_c?: number | null;
            /**
             * Format: double
             * @description 0 to 100.
             */
            percent?: number | null;
            /** @description When. */
            seen_at?: string | null;
            /** @description Its own words. */
            state: string;
            /**
             * Format: int64
             * @description Seconds.
             */
            time_left_s?: number | null;
        };
        /** @description Which way. */
        MoveJob: {
            /** @description `up` or `down`. */
            direction: string;
        };
        /** @description A new account. */
        NewAccount: {
            /** @description E-mail address. */
            email: string;
            /** @description Public name. */
            name: string;
            /** @description Password. */
            password: string;
        };
        /** @description An application to be registered: a public client. */
        NewApplication: {
            /** @description Name; people see it when they are asked. */
            name: string;
            /** @description Where answers may go: https, a loopback address, or a scheme of its own. None: only devices. */
            redirect_uris: string[];
            /** @description The most it may ask for. */
            scopes: string[];
        };
        /** @description A print request. */
        NewJob: {
            /** @description Name; the file's if absent. */
            name?: string | null;
            /** @description For the approver. */
            note?: string | null;
            /**
             * Format: uuid
             * @description The chosen printer. Either this or `printer_group`.
             */
            printer?: string | null;
            /**
             * Format: uuid
             * @description The chosen printer group: the server chooses one of its printers.
             */
            printer_group?: string | null;
            /**
             * Format: uuid
             * @description A complete upload.
             */
            upload: string;
        };
        /** @description A new printer group. */
        NewPrinterGroup: {
            /** @description Unique in the organization, whatever its letters' case. */
            name: string;
            /** @description Printers that the asker may use; equal ones, in no other group, at most 100. */
            printers?: string[];
        };
        /** @description A new project. */
        NewProject: {
            /** @description Name. */
            name: string;
            /** @description Notes. */
            notes?: string | null;
        };
        /** @description Which no is to be changed. */
        NewRequest: {
            /** @description An action of `.../permissions`. */
            action: string;
        };
        /** @description A new API token. */
        NewToken: {
            /**
             * Format: int64
             * @description 1 to 365.
             */
            expires_in_days: number;
            /** @description What it is for. */
            name: string;
            /** @description What it may be used for. */
            scopes: string[];
        };
        /** @description A notice. */
        NoticeItem: {
            actor?: components["schemas"]["PersonRef"] | null;
            /** @description When. */
            at: string;
            job?: components["schemas"]["JobRef"] | null;
            /** @description Kind. */
            kind: string;
            /** @description Message or reason. */
            message?: string | null;
            place?: components["schemas"]["NoticePlace"] | null;
            /** @description Seen already. */
            read: boolean;
            /** @description In words. */
            sentence: string;
            /**
             * Format: int64
             * @description Sequence.
             */
            seq: number;
        };
        /** @description Where something can be done about it. */
        NoticePlace: {
            /**
             * Format: uuid
             * @description Which one, if there are several.
             */
            id?: string | null;
            /** @description Kind of page. */
            kind: components["schemas"]["PlaceWord"];
        };
        /** @description Notices, newest first. */
        Notices: {
            /** @description The newest 50. */
            items: components["schemas"]["NoticeItem"][];
            /** @description Of these, not seen yet. */
            unread: number;
        };
        /** @description What a link offers. */
        OfferView: {
            /** @description Only the account with this address can use it. */
            email?: string | null;
            /** @description Dies. */
            expires_at: string;
            /** @description Who invites. */
            invited_by: string;
            /** @description A link for many people. */
            join_link: boolean;
            /** @description Organization. */
            organization: string;
            /** @description Role. */
            role: components["schemas"]["RoleWord"];
            /** @description Can be used. */
            valid: boolean;
            /** @description Why not. */
            why?: string | null;
        };
        /** @description An organization and a role in it. */
        OrganizationRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Role there. */
            role: components["schemas"]["RoleWord"];
        };
        /** @description How many people have each role. */
        PeopleByRole: {
            /**
             * Format: int64
             * @description Admins.
             */
            admin: number;
            /**
             * Format: int64
             * @description Guests.
             */
            guest: number;
            /**
             * Format: int64
             * @description Members.
             */
            member: number;
        };
        /** @description One action of the role table, for one thing and the asker. */
        PermissionItem: components["schemas"]["Allowed"] & {
            /** @description Stable name. */
            action: string;
            ask?: components["schemas"]["AskView"] | null;
            /** @description What it is. */
            title: string;
        };
        /** @description One row of the role table. */
        PermissionRow: {
            /** @description Admin. */
            admin: string;
            /** @description Area. */
            area: string;
            /** @description Guest. */
            guest: string;
            /** @description Stable name. */
            key: string;
            /** @description Member. */
            member: string;
            /** @description Plans that have it, if not all. */
            plan?: string | null;
            /** @description Requirement. */
            source: string;
            /** @description What it is. */
            title: string;
        };
        /** @description The whole role table. */
        PermissionTable: {
            /** @description In reading order. */
            rows: components["schemas"]["PermissionRow"][];
        };
        /** @description A person in the list. */
        PersonItem: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description For Admins only. */
            email?: string | null;
            /**
             * Format: uuid
             * @description Account.
             */
            id: string;
            /** @description Since. */
            joined_at: string;
            /** @description Public name. */
            name: string;
            /** @description Role. */
            role: components["schemas"]["RoleWord"];
            /**
             * Format: int64
             * @description How many these are in all.
             */
            team_count: number;
            /** @description The first of the teams that they are in and that the asker sees, by name; at most three. */
            teams: components["schemas"]["TeamRef"][];
            /** @description The asker. */
            you: boolean;
        };
        /** @description A person, by name. */
        PersonRef: {
            /** @description Not in the organization any more. */
            former?: boolean;
            /**
             * Format: uuid
             * @description Account.
             */
            id: string;
            /** @description Name. */
            name: string;
        };
        /**
         * @description A kind of page.
         * @enum {string}
         */
        PlaceWord: "job" | "printer" | "printer_group" | "project" | "team" | "teams" | "people" | "settings" | "applications";
        /** @description What a plan contains. */
        PlanItem: {
            /** @description Print job approval. */
            approval: boolean;
            /** @description The organization's. */
            current: boolean;
            /** @description The fleet report. */
            fleet_report: boolean;
            /** @description The Guest role, invitations of Guests, the join link. */
            guests: boolean;
            /** @description Word. */
            key: string;
            /** @description Name. */
            name: string;
        };
        /** @description A plan. */
        PlanView: {
            /** @description Has print job approval. */
            approval: boolean;
            /** @description Has the Guest role. */
            guests: boolean;
            /** @description Word. */
            key: string;
            /** @description Name. */
            name: string;
            /** @description Has the fleet report. */
            reports: boolean;
        };
        /** @description The plans. */
        Plans: {
            /** @description Who changes it. */
            changed_by: string;
            limits?: components["schemas"]["LimitsView"] | null;
            /** @description Least first. */
            plans: components["schemas"]["PlanItem"][];
        };
        /** @description Which run the person looked at. */
        PlateClear: {
            /**
             * Format: uuid
             * @description From `plate.run`.
             */
            run?: string | null;
        };
        /** @description A printer's plate. */
        PlateView: {
            /** @description Confirmed clear. */
            clear: boolean;
            /** @description The last print was not ours. */
            foreign: boolean;
            /**
             * Format: uuid
             * @description Name this when it is clear.
             */
            run?: string | null;
        };
        /**
         * @description Whether the plate was cleared after a print.
         * @enum {string}
         */
        PlateWord: "cleared" | "not_cleared";
        /** @description Where to reprint. */
        PrintAgain: {
            /**
             * Format: uuid
             * @description The same printer if absent.
             */
            printer?: string | null;
        };
        /** @description A print of a project's file. */
        PrintFile: {
            /** @description Name; the file's if absent. */
            name?: string | null;
            /** @description For the approver. */
            note?: string | null;
            /**
             * Format: uuid
             * @description The chosen printer. Either this or `printer_group`.
             */
            printer?: string | null;
            /**
             * Format: uuid
             * @description The chosen printer group: the server chooses one of its printers.
             */
            printer_group?: string | null;
            /**
             * Format: int64
             * @description Which version; the newest if absent.
             */
            version?: number | null;
        };
        /** @description How far a print is. */
        PrintProgress: {
            /**
             * Format: double
             * @description 0 to 100.
             */
            percent?: number | null;
            /**
             * Format: int64
             * @description Seconds.
             */
            time_left_s?: number | null;
        };
        /**
         * @description What may be concluded from a printer's silence after a lost answer (docs/dispatch.md, classes). Granted to its family by
         *     the recorded result of the conformance kit.
         * @enum {string}
         */
        PrinterClass: "A" | "B" | "C";
        /** @description A printer. */
        PrinterDto: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description Who added it. */
            added_by: components["schemas"]["PersonRef"];
            /** @description Address; only for those who may change it. */
            address?: string | null;
            /** @description What may be concluded from its silence. */
            class: components["schemas"]["PrinterClass"];
            current?: components["schemas"]["CurrentJob"] | null;
            /** @description Turned on. */
            enabled: boolean;
            /** @description Family. */
            family: string;
            /**
             * Format: int64
             * @description Held jobs that chose it.
             */
            held_here: number;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            last_error?: components["schemas"]["PrinterTrouble"] | null;
            live?: components["schemas"]["LiveView"] | null;
            /** @description Name. */
            name: string;
            /** @description Plate. */
            plate: components["schemas"]["PlateView"];
            /**
             * Format: int64
             * @description Queued jobs.
             */
            queue_length: number;
            /** @description Removed when. */
            removed_at?: string | null;
            /** @description Shared with everybody. */
            shared_with_organization: boolean;
            /** @description State. */
            status: components["schemas"]["PrinterStatus"];
            /** @description State in words. */
            status_text: string;
        };
        /** @description A printer group. */
        PrinterGroupDto: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description When. */
            created_at: string;
            /** @description Who created it. */
            created_by: components["schemas"]["PersonRef"];
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Its printers, as far as the asker may use them, by name. */
            printers: components["schemas"]["PrinterRef"][];
        };
        /** @description Printer groups, and whether the asker may create one. */
        PrinterGroupList: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description The groups. */
            items: components["schemas"]["PrinterGroupDto"][];
            /**
             * Format: uuid
             * @description Give it as `cursor` for the next page; `null` at the end.
             */
            next?: string | null;
        };
        /** @description A name. */
        PrinterGroupName: {
            /** @description Unique in the organization, whatever its letters' case. */
            name: string;
        };
        /** @description A printer group, by name. */
        PrinterGroupRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description A printer, by name. */
        PrinterRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description State. */
            status: components["schemas"]["PrinterStatus"];
        };
        /**
         * @description What a printer is doing, in people's words (docs/design.md).
         * @enum {string}
         */
        PrinterStatus: "ready" | "printing" | "paused" | "plate_not_clear" | "attention" | "offline" | "disabled" | "removed";
        /** @description Why a printer cannot be asked. */
        PrinterTrouble: {
            /** @description `unreachable`, `wrong_device`, `bad_key`, `address_not_allowed`, `refused`, `unusable`. */
            code: string;
            /** @description What is wrong and what to do, in sentences. */
            text: string;
        };
        /** @description What every refusal looks like. More members depend on the code. */
        Problem: {
            /** @description Stable, for programs. */
            code: string;
            /** @description One sentence for a person: what happened, and what to do. */
            detail: string;
            /** @description `denied`: which of `plan`, `role`, `access` said no (ROL-02). */
            failed?: string | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description Always `about:blank`. */
            type: string;
            /** @description `denied`: who can change it. */
            who_can?: string[] | null;
        };
        /** @description A library project. */
        ProjectDto: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description Name, notes or files changed last. */
            changed_at: string;
            /** @description When it was claimed. */
            claimed_at?: string | null;
            claimed_from?: components["schemas"]["PersonRef"] | null;
            /** @description When. */
            created_at: string;
            /** @description Who created it, or claimed it. */
            created_by: components["schemas"]["PersonRef"];
            /**
             * Format: int64
             * @description Files in it.
             */
            files: number;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /**
             * Format: int64
             * @description Print jobs made from it that the asker sees; only where one project is asked for.
             */
            jobs?: number | null;
            /** @description The asker's own. */
            mine: boolean;
            /** @description Name. */
            name: string;
            /** @description Notes: text with line breaks. */
            notes: string;
            /**
             * Format: int64
             * @description How many more teams it is shared with.
             */
            other_teams: number;
            /** @description Shared with everybody in the organization. */
            shared_with_organization: boolean;
            /** @description Teams it is shared with, as far as the asker sees them. */
            teams: components["schemas"]["TeamRef"][];
            /** @description Address of a picture of one of its files. */
            thumbnail?: string | null;
            /**
             * Format: int64
             * @description Goes up with each change of name or notes; give it back with a change.
             */
            version: number;
        };
        /** @description One version of a file of a library project. */
        ProjectFileDto: {
            /** @description When. */
            added_at: string;
            /** @description Who put it here. */
            added_by: components["schemas"]["PersonRef"];
            /** @description Whose work it is (AMB-46). */
            author: components["schemas"]["PersonRef"];
            /** @description Address of its bytes. */
            content: string;
            /** @description It is a copy of a print job. */
            copied: boolean;
            facts?: components["schemas"]["FactsView"] | null;
            /**
             * Format: uuid
             * @description The file; the same for all its versions.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description The newest version.
             */
            newest: number;
            /** @description G-code that may be printed; else a model, which is only kept. */
            printable: boolean;
            /**
             * Format: int64
             * @description Prints of any version that were finished.
             */
            printed: number;
            /** @description SHA-256. */
            sha256: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size_bytes: number;
            /** @description Address of its picture. */
            thumbnail?: string | null;
            /**
             * Format: int64
             * @description Which version.
             */
            version: number;
        };
        /** @description A library project, by name. */
        ProjectRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description A QR code as a path of unit squares, for an SVG of `size` by `size` units; the quiet border is in it. */
        QrView: {
            /** @description `d` of an SVG path. */
            path: string;
            /** @description Units on a side. */
            size: number;
        };
        /** @description A page of a printer's queue. */
        QueuePage: {
            /**
             * Format: int64
             * @description Queued jobs of others that the asker does not see.
             */
            ahead: number;
            /** @description Jobs that the asker sees: what prints first, then in order. */
            items: components["schemas"]["JobDto"][];
            /** @description Always `null`: a queue is one page. */
            next?: string | null;
        };
        /** @description Up to where. */
        ReadUpTo: {
            /**
             * Format: int64
             * @description The newest sequence seen.
             */
            seq: number;
        };
        /** @description Why a print job waits. */
        Reason: {
            /** @description Stable code. */
            code: string;
            /** @description Sentence. */
            text: string;
        };
        /** @description Evidence of what may be printed. */
        RecordView: {
            /** @description When. */
            approved_at: string;
            /** @description Who. */
            approved_by: string;
            /** @description `auto`, `approval`, `reroute`, or `group`: one of the former, for another printer of the job's group. */
            kind: string;
            /** @description On this printer. */
            printer: string;
            /** @description In which role. */
            role: components["schemas"]["RoleWord"];
            /** @description Exactly these bytes. Empty if the print job is locked to you. */
            sha256: string;
        };
        /** @description A registered application's id. */
        Registered: {
            /**
             * Format: uuid
             * @description Its `client_id`; no secret.
             */
            id: string;
        };
        /** @description Why. */
        Reject: {
            /** @description Optional, unless the organization wants one. */
            reason?: string | null;
        };
        /**
         * @description What would turn a no into a yes.
         * @enum {string}
         */
        RemedyWord: "share_project" | "share_printer" | "plan" | "act";
        /** @description What a removal touches. */
        RemovalView: {
            /**
             * Format: int64
             * @description Waiting print jobs that a Member can approve, and only an Admin could then.
             */
            admins_only: number;
            /**
             * Format: int64
             * @description Held or sent back: stay, marked.
             */
            held: number;
            /**
             * Format: int64
             * @description Open invitations that they made: they end.
             */
            invitations: number;
            /** @description The join link that they made: it ends. */
            join_link: boolean;
            /**
             * Format: int64
             * @description Printers they added: stay.
             */
            printers: number;
            /**
             * Format: int64
             * @description Printing: go on.
             */
            printing: number;
            /**
             * Format: int64
             * @description Their private library projects: nobody sees them until they return or an Admin claims them.
             */
            private_projects: number;
            /**
             * Format: int64
             * @description Queued: need a decision again.
             */
            queued: number;
            /**
             * Format: int64
             * @description Library projects they share: stay with whom they are shared with.
             */
            shared_projects: number;
            /**
             * Format: int64
             * @description Waiting print jobs that somebody can approve, and nobody could then.
             */
            undecidable: number;
        };
        /** @description How long, and for how many. */
        RenewJoinLink: {
            /**
             * Format: int64
             * @description 1 to 90.
             */
            days: number;
            /**
             * Format: int64
             * @description 1 to 1000.
             */
            most: number;
        };
        /** @description A reprint of a print job. */
        Reprint: {
            /** @description When. */
            at: string;
            /** @description Who. */
            by: components["schemas"]["PersonRef"];
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /**
             * Format: int64
             * @description Number.
             */
            number: number;
        };
        /** @description Where to. */
        Reroute: {
            /**
             * Format: uuid
             * @description The other printer.
             */
            printer: string;
        };
        /** @description A person's answer. */
        Resolve: {
            /** @description `did_not_print`, `printed` or `failed`. */
            outcome: string;
            /** @description The person has looked: the plate is clear. */
            plate_is_clear: boolean;
        };
        /** @description The next version. */
        Resubmit: {
            /** @description For the approver. */
            note?: string | null;
            /**
             * Format: uuid
             * @description A complete upload.
             */
            upload: string;
        };
        /** @description What another role would do. */
        RoleEffect: {
            /**
             * Format: int64
             * @description Waiting print jobs that a Member can approve, and only an Admin could then.
             */
            admins_only: number;
            /**
             * Format: int64
             * @description Waiting print jobs that nobody can approve, and somebody could then.
             */
            decidable: number;
            /**
             * Format: int64
             * @description Printers about whose print jobs they do not decide, and would then.
             */
            gain_deciding: number;
            /**
             * Format: int64
             * @description Waiting print jobs that they cannot approve, and could then.
             */
            gain_decisions: number;
            /** @description The first of them, by name. */
            gain_printer_names: string[];
            /**
             * Format: int64
             * @description Printers that they cannot use, and could then.
             */
            gain_printers: number;
            /** @description The first of them, by name. */
            gain_project_names: string[];
            /**
             * Format: int64
             * @description Library projects that they do not see, and would then.
             */
            gain_projects: number;
            /**
             * Format: int64
             * @description Their queued print jobs that would need a decision again.
             */
            held_again: number;
            /**
             * Format: int64
             * @description Open invitations that they made, and that would not work until an Admin sends them again.
             */
            invitations: number;
            /** @description The first of the waiting ones that it concerns, as far as the asker sees them. */
            jobs: components["schemas"]["WaitingJob"][];
            /** @description The join link that they made would not work until an Admin makes a new one. */
            join_link: boolean;
            /** @description They are the last Admin: saving it would be refused. */
            last_admin: boolean;
            /**
             * Format: int64
             * @description Printers about whose print jobs they decide, and would not any more.
             */
            lose_deciding: number;
            /**
             * Format: int64
             * @description Waiting print jobs that they can approve, and could not any more.
             */
            lose_decisions: number;
            /**
             * Format: int64
             * @description So many of them they added themselves.
             */
            lose_own_printers: number;
            /** @description The first of them, by name. */
            lose_printer_names: string[];
            /**
             * Format: int64
             * @description Printers that they can use, and could not any more.
             */
            lose_printers: number;
            /** @description The first of them, by name. */
            lose_project_names: string[];
            /**
             * Format: int64
             * @description Library projects that they see, and would not any more.
             */
            lose_projects: number;
            /**
             * Format: int64
             * @description Their waiting print jobs on printers that they lose: they would have to be moved to another one first.
             */
            move_first: number;
            /** @description It is the asker's own. */
            oneself: boolean;
            /** @description The role that they have. */
            role: components["schemas"]["RoleWord"];
            /**
             * Format: int64
             * @description Waiting print jobs that somebody can approve, and nobody could then.
             */
            undecidable: number;
        };
        /**
         * @description A role.
         * @enum {string}
         */
        RoleWord: "guest" | "member" | "admin";
        /** @description A change of the settings; what is absent stays. */
        SaveSettings: {
            /** @description Print job approval. */
            approval_on?: boolean | null;
            /** @description Nobody approves their own job. */
            forbid_self_approval?: boolean | null;
            /** @description What somebody has in the queue unapproved is held when they become a Guest. */
            hold_on_demotion?: boolean | null;
            /** @description A rejection needs a reason. */
            reject_reason_required?: boolean | null;
            /**
             * Format: int64
             * @description 0 to 60.
             */
            undo_window_s?: number | null;
            /**
             * Format: int64
             * @description The version that was shown.
             */
            version: number;
        };
        /**
         * @description What a token may be used for.
         * @enum {string}
         */
        ScopeWord: "read" | "print" | "approve" | "manage";
        /** @description What has to change. */
        SendBack: {
            /** @description The submitter reads it. */
            message: string;
        };
        /** @description A session in the list. */
        SessionItem: {
            /** @description Signed in. */
            created_at: string;
            /** @description This one. */
            current: boolean;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Last used. */
            last_seen_at: string;
            /** @description Browser. */
            user_agent: string;
        };
        /** @description Who one is. */
        SessionView: {
            /** @description The account. */
            account: components["schemas"]["AccountView"];
            /** @description Print job approval is on. */
            approval_on: boolean;
            organization?: components["schemas"]["ActiveOrganization"] | null;
            /** @description All organizations. */
            organizations: components["schemas"]["OrganizationRef"][];
            /**
             * Format: int64
             * @description Seconds since the password was last given.
             */
            password_age_s: number;
            /** @description A rejection needs a reason. */
            reject_reason_required: boolean;
            /**
             * Format: int64
             * @description Seconds in which an approval can be undone.
             */
            undo_window_s: number;
            /** @description Upload limits. */
            upload: components["schemas"]["UploadLimits"];
        };
        /** @description First run. */
        SetUp: {
            /** @description Print job approval from the start. */
            approval: boolean;
            /** @description Their e-mail address. */
            email: string;
            /** @description The first Admin's name. */
            name: string;
            /** @description Name of the organization. */
            organization: string;
            /** @description Their password. */
            password: string;
            /** @description From the set-up link. */
            token: string;
        };
        /** @description What the asker may change. */
        SettingsActions: {
            /** @description The approval toggle. */
            approval: components["schemas"]["Allowed"];
            /** @description The other settings. */
            change: components["schemas"]["Allowed"];
        };
        /** @description The settings of the organization. */
        SettingsView: {
            /** @description What the asker may change. */
            actions: components["schemas"]["SettingsActions"];
            /** @description The plan has it. If approval is on and the plan has it not, no new print job waits for it (AMB-38). */
            approval_available: boolean;
            /** @description Print job approval. */
            approval_on: boolean;
            /** @description Nobody approves their own job. */
            forbid_self_approval: boolean;
            /** @description What somebody has in the queue unapproved is held when they become a Guest. */
            hold_on_demotion: boolean;
            /** @description Name of the plan. */
            plan_name: string;
            /** @description A rejection needs a reason. */
            reject_reason_required: boolean;
            /**
             * Format: int64
             * @description Seconds in which an approval can be undone.
             */
            undo_window_s: number;
            /**
             * Format: int64
             * @description Give it back when saving.
             */
            version: number;
        };
        /** @description What the sign-in page needs to know. */
        SetupState: {
            demo?: components["schemas"]["DemoSignIns"] | null;
            /** @description No Admin yet: the set-up link is wanted. */
            needed: boolean;
        };
        /** @description What the asker can do so that somebody can approve. */
        ShareFix: {
            /** @description It could be shared with the whole organization. */
            organization: boolean;
            /** @description The project to share. */
            project: components["schemas"]["ProjectRef"];
            /** @description Teams that it could be shared with and is not; share by `PUT /projects/{id}/shares`. */
            teams: components["schemas"]["TeamRef"][];
        };
        /** @description A team to share with. */
        ShareTeam: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description People in it.
             */
            people: number;
            /** @description It is shared with them. */
            shared: boolean;
        };
        /** @description What a change of shares would do. */
        SharesEffect: {
            /**
             * Format: int64
             * @description Waiting print jobs that a Member could approve, and only an Admin could then.
             */
            admins_only: number;
            /**
             * Format: int64
             * @description Waiting print jobs that nobody could approve, and somebody could then.
             */
            decidable: number;
            /**
             * Format: int64
             * @description How many people would see it, and do not yet.
             */
            gain: number;
            /** @description The first of them, by name. */
            gain_names: string[];
            /** @description The first of the waiting ones that it concerns, as far as the asker sees them. */
            jobs: components["schemas"]["WaitingJob"][];
            /**
             * Format: int64
             * @description How many people see it, and would not any more.
             */
            lose: number;
            /** @description The first of them, by name. */
            lose_names: string[];
            /**
             * Format: int64
             * @description Waiting print jobs whose submitters lose the printer: they would have to be moved to another one first. Of a printer only.
             */
            move_first: number;
            /** @description The asker is among those who lose. */
            oneself: boolean;
            /**
             * Format: int64
             * @description Queued print jobs whose submitters would not see the printer any more; they stay in the queue. Of a printer only.
             */
            queued: number;
            /**
             * Format: int64
             * @description Waiting print jobs that somebody could approve, and nobody could then.
             */
            undecidable: number;
        };
        /** @description With whom something is shared. */
        SharesView: {
            /** @description Whether the asker may change sharing with everybody. */
            change_organization: components["schemas"]["Allowed"];
            /** @description Whether the asker may change the teams. */
            change_teams: components["schemas"]["Allowed"];
            /** @description With everybody in the organization. */
            organization: boolean;
            /**
             * Format: int64
             * @description How many teams beside these it is shared with.
             */
            other_teams: number;
            /** @description Give it back with a change: it stands for exactly these shares. */
            shown: string;
            /** @description The teams that the asker sees. */
            teams: components["schemas"]["ShareTeam"][];
            /**
             * Format: int64
             * @description How many teams in the Trash it is shared with: once one is brought back, it sees it again.
             */
            teams_in_trash: number;
        };
        /** @description What the approver saw. */
        Shown: {
            /**
             * Format: uuid
             * @description Printer: a job that was moved to another one meanwhile is not approved unseen.
             */
            printer?: string | null;
            /** @description Hash. */
            send_sha: string;
            /**
             * Format: int64
             * @description Version.
             */
            version: number;
        };
        /** @description E-mail address and password. */
        SignIn: {
            /** @description E-mail address. */
            email: string;
            /** @description Password. */
            password: string;
        };
        /** @description A print job's submitter. */
        Submitter: {
            /** @description Not in the organization any more. */
            former: boolean;
            /**
             * Format: uuid
             * @description Account.
             */
            id: string;
            /** @description Name. */
            name: string;
            role?: components["schemas"]["RoleWord"] | null;
        };
        /** @description A team. */
        TeamDto: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description When. */
            created_at: string;
            /** @description Who created it. */
            created_by: components["schemas"]["PersonRef"];
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description The asker is in it. */
            inside: boolean;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description People in it.
             */
            people: number;
            /**
             * Format: int64
             * @description Printers that are shared with it.
             */
            printers: number;
            /**
             * Format: int64
             * @description Library projects that are shared with it and that the asker sees.
             */
            projects: number;
        };
        /** @description Teams, and whether the asker may create one. */
        TeamList: {
            /** @description What the asker may do. */
            actions: components["schemas"]["BTreeMap"];
            /** @description The teams. */
            items: components["schemas"]["TeamDto"][];
            /**
             * Format: uuid
             * @description Give it as `cursor` for the next page; `null` at the end.
             */
            next?: string | null;
        };
        /** @description A name. */
        TeamName: {
            /** @description Unique in the organization, whatever its letters' case. */
            name: string;
        };
        /** @description A team with its printers. */
        TeamPage: components["schemas"]["TeamDto"] & {
            /** @description The printers that are shared with it and that the asker sees; at most 500. */
            printer_list: components["schemas"]["TeamPrinter"][];
        };
        /** @description Somebody in a team. */
        TeamPersonDto: {
            /** @description In the team since. */
            added_at: string;
            /**
             * Format: uuid
             * @description Account.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Role in the organization. */
            role: components["schemas"]["RoleWord"];
            /** @description The asker. */
            you: boolean;
        };
        /** @description A printer, by name. */
        TeamPrinter: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description A team, by name. */
        TeamRef: {
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
        };
        /** @description What a removal would do. */
        TeamRemoval: {
            /**
             * Format: int64
             * @description Waiting print jobs that a Member can approve, and only an Admin could then.
             */
            admins_only: number;
            /** @description The first of the waiting ones that it concerns, as far as the asker sees them. */
            jobs: components["schemas"]["WaitingJob"][];
            /**
             * Format: int64
             * @description How many people lose a printer by it.
             */
            lose: number;
            /**
             * Format: int64
             * @description How many people lose a library project by it.
             */
            lose_library: number;
            /** @description The first of them, by name. */
            lose_library_names: string[];
            /** @description The first of them, by name. */
            lose_names: string[];
            /**
             * Format: int64
             * @description Waiting print jobs whose submitters lose the printer: they would have to be moved to another one first.
             */
            move_first: number;
            /**
             * Format: int64
             * @description Printers that are shared with the team.
             */
            printers: number;
            /**
             * Format: int64
             * @description Library projects that are shared with the team.
             */
            projects: number;
            /**
             * Format: int64
             * @description Waiting print jobs that somebody can approve, and nobody could then.
             */
            undecidable: number;
        };
        /** @description How to reach a printer. */
        TestPrinter: {
            /** @description Host, or host and port. */
            address: string;
            /** @description API key. */
            api_key: string;
            /** @description `octoprint`. */
            family: string;
        };
        /** @description What "Test" found. */
        TestResult: {
            /** @description What to do. */
            advice?: string | null;
            /** @description Product and version. */
            identity?: string | null;
            /** @description It can be added and will print. */
            ok: boolean;
            /** @description What is wrong. */
            problem?: string | null;
            /** @description It is what it should be. */
            reachable: boolean;
            /** @description Its own words for its state. */
            state?: string | null;
        };
        /** @description A line of the timeline. */
        TimelineItem: {
            actor?: components["schemas"]["PersonRef"] | null;
            /** @description When. */
            at: string;
            /** @description Kind. */
            kind: string;
            /** @description Message of a person. */
            message?: string | null;
            /** @description In words. */
            sentence: string;
            /**
             * Format: int64
             * @description Sequence.
             */
            seq: number;
        };
        /** @description Something that acts for a person; never its secret. */
        TokenItem: {
            /** @description An application that the person let act; else a token of their own. */
            application: boolean;
            /** @description Made. */
            created_at: string;
            /** @description Ends. */
            expires_at: string;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Last use, to the minute. */
            last_used_at?: string | null;
            /** @description The token's name, or the application's. */
            name: string;
            /** @description For whom. */
            owner: components["schemas"]["PersonRef"];
            /** @description What for. */
            scopes: components["schemas"]["ScopeWord"][];
        };
        /** @description One thing in the Trash. */
        TrashItem: {
            /**
             * Format: int64
             * @description So many days, the one that has begun among them.
             */
            days_left: number;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Kind. */
            kind: components["schemas"]["TrashKind"];
            /** @description Name. */
            name: string;
            project?: components["schemas"]["ProjectRef"] | null;
            /** @description When. */
            removed_at: string;
            /** @description Who removed it. */
            removed_by: components["schemas"]["PersonRef"];
            /** @description Until when it can be brought back. */
            until: string;
        };
        /**
         * @description What can lie in the Trash.
         * @enum {string}
         */
        TrashKind: "printer" | "team" | "project" | "file" | "person";
        /** @description Limits for uploads. */
        UploadLimits: {
            /**
             * Format: int64
             * @description Largest piece in bytes.
             */
            chunk_bytes: number;
            /** @description What is taken. */
            extensions: string[];
            /**
             * Format: int64
             * @description Largest file in bytes.
             */
            max_bytes: number;
            /** @description What library projects take besides: models, which are kept and never printed. */
            model_extensions: string[];
            /**
             * Format: int64
             * @description Largest model in bytes.
             */
            model_max_bytes: number;
        };
        /** @description An upload. */
        UploadView: {
            /**
             * Format: int64
             * @description Largest piece.
             */
            chunk_bytes: number;
            /** @description All there, durable, and accepted. */
            complete: boolean;
            facts?: components["schemas"]["FactsView"] | null;
            /** @description It has a picture. */
            has_thumbnail: boolean;
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description Stored bytes: go on from here.
             */
            received: number;
            /** @description Why the content was refused. */
            refused?: string | null;
            /** @description SHA-256, when complete. */
            sha256?: string | null;
            /**
             * Format: int64
             * @description Announced bytes.
             */
            size: number;
        };
        /** @description Somebody who sees a project. */
        ViewerDto: {
            /** @description It is shared with everybody. */
            by_organization: boolean;
            /** @description An Admin sees every shared project. */
            by_role: boolean;
            /** @description They created it. */
            creator: boolean;
            /**
             * Format: uuid
             * @description Account.
             */
            id: string;
            /** @description Name. */
            name: string;
            /** @description Role. */
            role: components["schemas"]["RoleWord"];
            /** @description Teams that show it to them, as far as the asker sees these. */
            teams: string[];
        };
        /**
         * @description What becomes of a print job that waits for a decision.
         * @enum {string}
         */
        WaitingChange: "decidable" | "undecidable" | "move_first" | "admins_only";
        /** @description A print job that a change concerns. */
        WaitingJob: {
            /** @description What becomes of it. */
            change: components["schemas"]["WaitingChange"];
            /**
             * Format: uuid
             * @description Id.
             */
            id: string;
            /** @description Name. */
            name: string;
            /**
             * Format: int64
             * @description Number.
             */
            number: number;
            /** @description Who sent it. */
            submitter: components["schemas"]["PersonRef"];
        };
        /** @description The whole set that is wanted, made from what was shown. */
        WantedShares: {
            /** @description With everybody in the organization. */
            organization: boolean;
            /** @description `shown` of the shares that the change was made from. */
            shown: string;
            /** @description With these teams. Shares with teams that the asker does not see stay as they are. */
            teams: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
