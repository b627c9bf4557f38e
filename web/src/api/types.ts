// The names that pages use for what the API answers, from the generated shapes. Narrowed only where the document is looser
// than the server.
import type { components } from './schema'

type S = components['schemas']
/** Which actions an answer offers. One that is absent is hidden by role: do not draw it. */
type Actions<Name extends string> = Partial<Record<Name, Allowed>>
type With<T, More> = Omit<T, keyof More> & More

export interface Page<T> {
  items: T[]
  next?: string | null
}

export type Role = S['RoleWord']
export type PersonRef = S['PersonRef']
export type FailedGate = S['FailedWord']
/** A refusal always says why. */
export type Allowed = { allowed: true } | { allowed: false; failed: FailedGate; why: string; who_can?: string[] | null }

export type JobStatus = S['JobStatus']
export type JobTab = 'needs_approval' | 'queue' | 'printing' | 'plate' | 'history'
export type JobAction =
  | 'approve' | 'reject' | 'send_back' | 'undo_send_back' | 'take_back' | 'resubmit' | 'withdraw' | 'abort' | 'pause'
  | 'resume' | 'reprint' | 'reroute' | 'move_up' | 'move_down' | 'resolve' | 'download' | 'copy_to_project'
export type Job = With<S['JobDto'], { actions: Actions<JobAction> }>
export type JobCounts = S['CountsView']
export type Facts = S['FactsView']
export type DecisionKind = S['DecisionKind']
export type TimelineItem = S['TimelineItem']
export type Approvers = S['ApproversView']
export type ApprovalRecord = S['RecordView']
export type BulkResult = S['BulkResults']

export type PrinterClass = S['PrinterClass']
export type PrinterStatus = S['PrinterStatus']
export type PrinterAction = 'see' | 'clear_plate' | 'rename' | 'enable' | 'share' | 'delete' | 'reorder'
export type Printer = With<S['PrinterDto'], { actions: Actions<PrinterAction> }>
export type PrinterQueue = With<S['QueuePage'], { items: Job[] }>
export type PrinterTest = S['TestResult']

export type Session = S['SessionView']
export type SetupState = S['SetupState']
export type BrowserSession = S['SessionItem']

export type Scope = S['ScopeWord']
export type Token = S['TokenItem']
export type FreshToken = S['FreshToken']
export type Application = S['ApplicationItem']
export type Consent = S['ConsentView']

export type InvitationView = S['OfferView']
export type Invitation = S['InvitationItem']
export type Invited = S['InvitedView']
export type ListResult = S['ListResult']
export type ListRow = S['ListRow']
export type JoinLink = With<S['JoinLinkView'], { available: Allowed }>
export type Qr = S['QrView']
export type Plans = S['Plans']
export type Person = With<S['PersonItem'], { actions: Actions<'change_role' | 'remove'> }>
export type Removal = S['RemovalView']
export type RoleEffect = S['RoleEffect']
export type HeldAgain = S['HeldAgain']
export type Escrow = S['EscrowItem']
export type Claimed = S['Claimed']
export type PermissionRow = S['PermissionRow']
export type Settings = With<S['SettingsView'], { actions: Record<'approval' | 'change', Allowed> }>
export type SettingsChange = S['SaveSettings']
export type SettingsEffect = S['EffectView']

export type Upload = S['UploadView']

export type ProjectAction = 'edit' | 'upload' | 'share' | 'delete' | 'print' | 'report'
export type Project = With<S['ProjectDto'], { actions: Actions<ProjectAction> }>
export type ProjectFile = S['ProjectFileDto']
export type Shares = With<S['SharesView'], { change_teams: Allowed; change_organization: Allowed }>
export type SharesEffect = S['SharesEffect']
export type WaitingJob = S['WaitingJob']
export type TeamItem = With<S['TeamDto'], { actions: Actions<'change'> }>
export type Teams = With<S['TeamList'], { items: TeamItem[]; actions: Actions<'create'> }>
export type Team = TeamItem & Pick<S['TeamPage'], 'printer_list'>
export type TeamPerson = S['TeamPersonDto']
export type TeamRemoval = S['TeamRemoval']
export type PrinterGroup = With<S['PrinterGroupDto'], { actions: Actions<'change'> }>
export type PrinterGroups = With<S['PrinterGroupList'], { items: PrinterGroup[]; actions: Actions<'create'> }>
export type TrashItem = S['TrashItem']
export type Viewer = S['ViewerDto']
export type CopyEffect = S['CopyEffect']

/** An action of the role table for one thing: yes, or why not and whom to ask. */
export type Why = With<S['PermissionItem'], { ask?: S['AskView'] | null }>
export type Asked = S['AskedView']

export type Notice = S['NoticeItem']
export type Notices = S['Notices']

/** An `application/problem+json` body. What a code adds (who decided, which field, how far an upload is) is not in the document. */
export type ProblemBody = S['Problem'] & {
  decision?: DecisionKind
  decided_by?: string
  decided_at?: string
  field?: string
  received?: number
}

/** Bodies of calls. */
export type Body = Pick<
  S,
  'SetUp' | 'NewAccount' | 'SignIn' | 'Invite' | 'TestPrinter' | 'AddPrinter' | 'ChangePrinter' | 'NewJob' | 'NewPrinterGroup' | 'NewProject' |
  'ChangeProject' | 'WantedShares' | 'PrintFile' | 'NewToken' | 'NewApplication'
>
