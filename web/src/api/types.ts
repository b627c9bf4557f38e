// Types of the /api/v1 answers, written by hand from the API contract. Kept in one file so that generated types can
// replace it later without touching a page.

export type Role = 'admin' | 'member' | 'guest'
export interface PersonRef {
  id: string
  name: string
  former?: boolean
}

export type FailedGate = 'plan' | 'role' | 'access' | 'state'
export type Allowed = { allowed: true } | { allowed: false; failed: FailedGate; why: string; who_can: string[] }

export interface Page<T> {
  items: T[]
  next?: string | null
}

export type JobStatus =
  | 'needs_approval'
  | 'sent_back'
  | 'queued'
  | 'starting'
  | 'printing'
  | 'paused'
  | 'needs_attention'
  | 'finished'
  | 'failed'
  | 'aborted'
  | 'rejected'
  | 'withdrawn'

export type JobAction =
  | 'approve'
  | 'reject'
  | 'send_back'
  | 'undo_send_back'
  | 'take_back'
  | 'resubmit'
  | 'withdraw'
  | 'abort'
  | 'pause'
  | 'resume'
  | 'reprint'
  | 'reroute'
  | 'move_up'
  | 'move_down'
  | 'resolve'
  | 'download'
  | 'copy_to_project'

export interface Facts {
  slicer: string | null
  print_time_s: number | null
  filament_mm: number | null
  filament_g: number | null
  material: string | null
  layers: number | null
  layer_height_mm: number | null
  size_mm: [number, number, number] | null
  warnings: string[]
}

export type DecisionKind = 'approved' | 'rejected' | 'sent_back' | 'taken_back'
export interface Decision {
  kind: DecisionKind
  by: PersonRef
  at: string
  message: string | null
}

export interface Job {
  id: string
  number: number
  name: string
  status: JobStatus
  state_version: number
  version: number
  send_sha: string
  size_bytes: number
  submitter: PersonRef & { role: Role | null }
  mine: boolean
  printer: { id: string; name: string; status: PrinterStatus | null }
  submitted_at: string
  waiting_since: string | null
  started_at: string | null
  ended_at: string | null
  facts: Facts | null
  thumbnail: string | null
  locked: boolean
  undo_until: string | null
  reason: { code: string; text: string } | null
  position: number | null
  progress: { percent: number | null; time_left_s: number | null } | null
  plate: 'cleared' | 'not_cleared' | null
  run: string | null
  decision: Decision | null
  message: string | null
  attention: string | null
  reprint_of: { id: string; number: number } | null
  reprinted?: { id: string; number: number; by: PersonRef; at: string }[]
  /** The submitter's note. Sent with the job; drawn only when the server gives it back. */
  note?: string | null
  /** An action that is absent is hidden by role: do not draw it. */
  actions: Partial<Record<JobAction, Allowed>>
}

export type JobTab = 'needs_approval' | 'queue' | 'printing' | 'plate' | 'history'
export interface JobCounts {
  needs_approval: number
  queue: number
  printing: number
  plate: number
}

export interface TimelineItem {
  seq: number
  at: string
  kind: string
  actor: PersonRef | null
  sentence: string
  message: string | null
}

export interface Approvers {
  people: PersonRef[]
  sentence: string
  nobody: boolean
}

export interface ApprovalRecord {
  approved_by: PersonRef | string
  approved_at: string
  sha256: string
  printer: { id: string; name: string } | string
  size_bytes: number
  material_g: number | null
}

export type PrinterStatus =
  | 'ready'
  | 'printing'
  | 'paused'
  | 'plate_not_clear'
  | 'attention'
  | 'offline'
  | 'disabled'
  | 'removed'

export type PrinterAction = 'see' | 'clear_plate' | 'rename' | 'enable' | 'share' | 'delete' | 'reorder'

export interface Printer {
  id: string
  name: string
  family: string
  address: string | null
  status: PrinterStatus
  status_text: string
  enabled: boolean
  class: 'A' | 'B' | 'C'
  plate: { clear: boolean; run: string | null; foreign: boolean }
  live: {
    state: string
    percent: number | null
    time_left_s: number | null
    file: string | null
    nozzle_c: number | null
    bed_c: number | null
    seen_at: string | null
  } | null
  current: { id: string; number: number; name: string | null; mine: boolean } | null
  queue_length: number
  held_here: number
  added_by: PersonRef
  shared_with_organization: boolean
  last_error: string | null
  actions: Partial<Record<PrinterAction, Allowed>>
}

export interface PrinterQueue extends Page<Job> {
  ahead?: number
}

export interface PrinterTest {
  ok: boolean
  reachable: boolean
  identity: string | null
  state: string | null
  problem: string | null
  advice: string | null
}

export interface Session {
  account: { id: string; name: string; email: string }
  organization: null | {
    id: string
    name: string
    plan: { key: string; name: string; guests: boolean; approval: boolean; reports: boolean }
    role: Role
    frozen: boolean
    people: number
  }
  organizations: { id: string; name: string; role: Role }[]
  password_age_s: number
  approval_on: boolean
  undo_window_s: number
  reject_reason_required: boolean
  upload: { max_bytes: number; chunk_bytes: number; extensions: string[] }
}

export interface SetupState {
  needed: boolean
  demo: null | { sign_ins: { role: Role; email: string; password: string }[] }
}

export interface BrowserSession {
  id: string
  current: boolean
  user_agent: string | null
  created_at: string
  last_seen_at: string
}

export interface InvitationView {
  organization: string
  role: Role
  email: string | null
  invited_by: PersonRef | string
  expires_at: string
  valid: boolean
  why: string | null
}

export interface Invitation {
  id: string
  role: Role
  email: string | null
  name: string | null
  created_at: string
  expires_at: string
  invited_by: PersonRef | string
}

export interface Person {
  id: string
  name: string
  email: string | null
  role: Role
  you: boolean
  joined_at: string
  actions: { change_role?: Allowed; remove?: Allowed }
}

export interface Removal {
  held: number
  queued: number
  printing: number
  printers: number
}

export interface PermissionRow {
  area: string
  key: string
  title: string
  guest: string
  member: string
  admin: string
  plan: string | null
  source: string
}

export interface Settings {
  version: number
  approval_on: boolean
  approval_available: boolean
  plan_name: string
  undo_window_s: number
  forbid_self_approval: boolean
  reject_reason_required: boolean
  actions: { change: Allowed }
}

export interface SettingsEffect {
  guests: number
  held: number
  queued: number
  sentence: string
}

export interface UploadState {
  id: string
  received: number
  size: number
  chunk_bytes: number
  complete?: boolean
}

export interface UploadResult {
  received: number
  complete: boolean
  size?: number
  name?: string
  facts?: Facts | null
  sha256?: string
  warnings?: string[]
}

export interface Notice {
  seq: number
  at: string
  job: { id: string; number: number; name: string } | null
  kind: string
  sentence: string
  message: string | null
  read: boolean
}

export interface Notices extends Page<Notice> {
  unread: number
}

export interface BulkResult {
  results: { id: string; number: number; ok: boolean; problem?: { code: string; detail: string } }[]
}

/** An `application/problem+json` body. */
export interface ProblemBody {
  type?: string
  title?: string
  status: number
  code: string
  detail: string
  failed?: FailedGate
  who_can?: string[]
  decision?: DecisionKind
  decided_by?: PersonRef | string
  decided_at?: string
  reason?: string
  field?: string
  received?: number
}
