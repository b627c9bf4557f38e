// Every call the app makes, by name. The paths of the API appear here and nowhere else.
import { base, del, get, patch, post, put, queryString, toProblem } from './http'
import type * as T from './types'

export * from './types'
export { Problem, newKey, onPasswordNeeded, onSignedOut } from './http'

/** A page of a list: two or three screens; the rest comes when somebody asks for more. What a page may cost is measured with it. */
const limit = 30

/** A list from its first page to its last, for what is shown at once: a board, a choice. */
async function all<Item>(page: (cursor?: string) => Promise<T.Page<Item>>): Promise<T.Page<Item>> {
  const items: Item[] = []
  let next: string | null | undefined
  do {
    const got = await page(next ?? undefined)
    items.push(...got.items)
    next = got.next
  } while (next)
  return { items, next: null }
}

export const api = {
  setup: () => get<T.SetupState>('/setup'),
  doSetup: (body: T.Body['SetUp'], key: string) => post<T.Session>('/setup', body, { idempotencyKey: key }),
  createAccount: (body: T.Body['NewAccount'], key: string) =>
    post<T.Session>('/accounts', body, { idempotencyKey: key, quiet401: true }),
  signIn: (body: T.Body['SignIn']) => post<T.Session>('/sessions', body, { quiet401: true }),
  signOut: () => del<void>('/session'),
  session: () => get<T.Session>('/session', { quiet401: true }),
  switchOrganization: (organization: string) => post<T.Session>('/session/organization', { organization }),
  confirmPassword: (password: string) => post<void>('/session/confirm', { password }, { quiet401: true }),
  sessions: () => get<T.Page<T.BrowserSession>>('/sessions'),
  endSession: (id: string) => del<void>(`/sessions/${id}`),
  changePassword: (current: string, next: string) =>
    post<void>('/account/password', { current, new: next }, { quiet401: true }),

  ownTokens: () => get<T.Page<T.Token>>('/account/tokens'),
  newToken: (body: T.Body['NewToken']) => post<T.FreshToken>('/account/tokens', body),
  revokeOwnToken: (id: string) => del<void>(`/account/tokens/${id}`),
  tokens: (q?: string, cursor?: string) => get<T.Page<T.Token>>('/tokens', { query: { q, cursor } }),
  revokeToken: (id: string) => del<void>(`/tokens/${id}`),
  applications: () => get<T.Page<T.Application>>('/applications'),
  registerApplication: (body: T.Body['NewApplication']) => post<{ id: string }>('/applications', body),
  removeApplication: (id: string) => del<void>(`/applications/${id}`),
  authorization: (query: string) => post<T.Consent>('/authorizations/look', { query }),
  answerAuthorization: (query: string, allow: boolean) => post<{ to: string }>('/authorizations', { query, allow }),
  device: (code: string) => post<T.Consent>('/devices/look', { code }),
  answerDevice: (code: string, allow: boolean) => post<void>('/devices', { code, allow }),

  invitation: (token: string) => get<T.InvitationView>(`/invitations/${encodeURIComponent(token)}`, { quiet401: true }),
  acceptInvitation: (token: string) => post<T.Session>(`/invitations/${encodeURIComponent(token)}/accept`),

  people: (query: { q?: string; role?: T.Role; cursor?: string }) => get<T.Page<T.Person>>('/people', { query: { limit, ...query } }),
  /** With `was`, only if that is their role now. */
  changeRole: (id: string, role: T.Role, was?: T.Role) => patch<T.HeldAgain>(`/people/${id}`, { role, was }),
  roleEffect: (id: string, role: T.Role) => get<T.RoleEffect>(`/people/${id}/role-change`, { query: { role } }),
  removal: (id: string) => get<T.Removal>(`/people/${id}/removal`),
  removePerson: (id: string) => del<T.HeldAgain>(`/people/${id}`),
  restorePerson: (id: string) => post<void>(`/people/${id}/restore`),
  escrow: () => get<T.Page<T.Escrow>>('/escrow'),
  claimProjects: (person: string, projects: number, reason: string) =>
    post<T.Claimed>(`/escrow/${person}/claim`, { projects, reason }),
  leaving: () => get<T.Removal>('/session/leave'),
  leave: () => post<T.Session>('/session/leave'),
  invitations: (q?: string, cursor?: string) => get<T.Page<T.Invitation>>('/invitations', { query: { q, cursor } }),
  invite: (body: T.Body['Invite'], key: string) => post<T.Invited>('/invitations', body, { idempotencyKey: key }),
  /** The list goes as it is: the server reads it, and says what it cannot read. */
  inviteList: (list: string | Blob, role: T.Role, preview: boolean) =>
    post<T.ListResult>('/invitations/bulk', list, { query: { role, preview }, text: 'text/csv' }),
  resendInvitation: (id: string) => post<T.Invited>(`/invitations/${id}/resend`),
  withdrawInvitation: (id: string) => del<void>(`/invitations/${id}`),
  joinLink: () => get<T.JoinLink>('/join-link'),
  renewJoinLink: (days: number, most: number) => put<T.JoinLink>('/join-link', { days, most }),
  turnOffJoinLink: () => del<void>('/join-link'),
  plans: () => get<T.Plans>('/plans'),
  permissions: () => get<{ rows: T.PermissionRow[] }>('/permissions'),
  settings: () => get<T.Settings>('/settings'),
  settingsEffect: (approvalOn: boolean) =>
    get<T.SettingsEffect>('/settings/effect', { query: { approval_on: approvalOn } }),
  saveSettings: (body: T.SettingsChange) => put<T.Settings>('/settings', body),
  release: () => post<void>('/settings/release'),

  printers: () => all((cursor) => get<T.Page<T.Printer>>('/printers', { query: { cursor, limit } })),
  findPrinters: (q?: string, cursor?: string) => get<T.Page<T.Printer>>('/printers', { query: { q, cursor, limit } }),
  printer: (id: string) => get<T.Printer>(`/printers/${id}`),
  printerQueue: (id: string) => get<T.PrinterQueue>(`/printers/${id}/queue`),
  testPrinter: (body: T.Body['TestPrinter']) => post<T.PrinterTest>('/printers/test', body),
  addPrinter: (body: T.Body['AddPrinter'], key: string) =>
    post<T.Printer>('/printers', body, { idempotencyKey: key }),
  changePrinter: (id: string, body: T.Body['ChangePrinter']) => patch<T.Printer>(`/printers/${id}`, body),
  printerShares: (id: string) => get<T.Shares>(`/printers/${id}/shares`),
  sharePrinter: (id: string, body: T.Body['WantedShares']) => put<void>(`/printers/${id}/shares`, body),
  sharePrinterEffect: (id: string, body: T.Body['WantedShares']) =>
    post<T.SharesEffect>(`/printers/${id}/shares/effect`, body),
  removePrinter: (id: string) => del<void>(`/printers/${id}`),
  restorePrinter: (id: string) => post<T.Printer>(`/printers/${id}/restore`),
  clearPlate: (id: string, run: string | null) => post<T.Printer>(`/printers/${id}/plate-clear`, { run }),

  printerGroups: () => get<T.PrinterGroups>('/printer-groups', { query: { limit: 200 } }),
  createPrinterGroup: (body: T.Body['NewPrinterGroup'], key: string) =>
    post<T.PrinterGroup>('/printer-groups', body, { idempotencyKey: key }),
  renamePrinterGroup: (id: string, name: string) => patch<T.PrinterGroup>(`/printer-groups/${id}`, { name }),
  removePrinterGroup: (id: string) => del<void>(`/printer-groups/${id}`),
  addToPrinterGroup: (id: string, printer: string) => put<void>(`/printer-groups/${id}/printers/${printer}`),
  takeOutOfPrinterGroup: (id: string, printer: string) => del<void>(`/printer-groups/${id}/printers/${printer}`),

  startUpload: (name: string, size: number, key: string, project?: string) =>
    post<T.Upload>('/uploads', project ? { name, size, project } : { name, size }, { idempotencyKey: key }),
  upload: (id: string) => get<T.Upload>(`/uploads/${id}`),
  cancelUpload: (id: string) => del<void>(`/uploads/${id}`),
  uploadUrl: (id: string, offset: number) => `${base}/uploads/${id}${queryString({ offset })}`,

  sendJob: (body: T.Body['NewJob'], key: string) =>
    post<T.Job>('/print-jobs', body, { idempotencyKey: key }),
  jobs: (query: { tab: T.JobTab; q?: string; printer?: string; mine?: boolean; cursor?: string; limit?: number }) =>
    get<T.Page<T.Job>>('/print-jobs', { query: { limit, ...query } }),
  jobCounts: () => get<T.JobCounts>('/print-jobs/counts'),
  job: (id: string) => get<T.Job>(`/print-jobs/${id}`),
  timeline: (id: string) => get<T.Page<T.TimelineItem>>(`/print-jobs/${id}/timeline`),
  approvers: (id: string) => get<T.Approvers>(`/print-jobs/${id}/approvers`),
  record: (id: string) => get<T.ApprovalRecord>(`/print-jobs/${id}/record`),
  /** The file of a print job, to send it once more. */
  jobFile: async (job: T.Job): Promise<File> => {
    const answer = await fetch(`${base}/print-jobs/${job.id}/file`, { credentials: 'same-origin' })
    if (!answer.ok) throw await toProblem(answer)
    const name = /filename\*=UTF-8''([^;\s]+)/.exec(answer.headers.get('content-disposition') ?? '')?.[1]
    return new File([await answer.blob()], name ? decodeURIComponent(name) : `${job.name}.gcode`)
  },
  fileUrl: (id: string) => `${base}/print-jobs/${id}/file`,

  approve: (job: T.Job) =>
    post<T.Job>(`/print-jobs/${job.id}/approve`, { version: job.version, send_sha: job.send_sha, printer: job.printer.id }),
  approveMany: (jobs: T.Job[]) =>
    post<T.BulkResult>('/print-jobs/approve', {
      items: jobs.map((j) => ({ id: j.id, version: j.version, send_sha: j.send_sha, printer: j.printer.id })),
    }),
  reject: (id: string, reason?: string) => post<T.Job>(`/print-jobs/${id}/reject`, reason ? { reason } : {}),
  sendBack: (id: string, message: string) => post<T.Job>(`/print-jobs/${id}/send-back`, { message }),
  undoSendBack: (id: string) => post<T.Job>(`/print-jobs/${id}/undo-send-back`),
  takeBack: (id: string) => post<T.Job>(`/print-jobs/${id}/take-back`),
  resubmit: (id: string, upload: string, note?: string) => post<T.Job>(`/print-jobs/${id}/resubmit`, { upload, note }),
  withdraw: (id: string) => post<T.Job>(`/print-jobs/${id}/withdraw`),
  abort: (id: string) => post<T.Job>(`/print-jobs/${id}/abort`),
  pause: (id: string) => post<T.Job>(`/print-jobs/${id}/pause`),
  resume: (id: string) => post<T.Job>(`/print-jobs/${id}/resume`),
  reprint: (id: string, key: string, printer?: string) =>
    post<T.Job>(`/print-jobs/${id}/reprint`, printer ? { printer } : {}, { idempotencyKey: key }),
  reroute: (id: string, printer: string) => post<T.Job>(`/print-jobs/${id}/reroute`, { printer }),
  move: (id: string, direction: 'up' | 'down') => post<T.Job>(`/print-jobs/${id}/move`, { direction }),
  resolve: (id: string, outcome: 'did_not_print' | 'printed' | 'failed', plateIsClear: boolean) =>
    post<T.Job>(`/print-jobs/${id}/resolve`, { outcome, plate_is_clear: plateIsClear }),

  copyEffect: (id: string, project: string) =>
    get<T.CopyEffect>(`/print-jobs/${id}/copy-to-project`, { query: { project } }),
  copyToProject: (id: string, project: string) =>
    post<T.ProjectFile>(`/print-jobs/${id}/copy-to-project`, { project }),

  teams: (q?: string, cursor?: string) => get<T.Teams>('/teams', { query: { q, cursor, limit } }),
  team: (id: string) => get<T.Team>(`/teams/${id}`),
  createTeam: (name: string, key: string) => post<T.Team>('/teams', { name }, { idempotencyKey: key }),
  renameTeam: (id: string, name: string) => patch<T.Team>(`/teams/${id}`, { name }),
  removeTeam: (id: string) => del<void>(`/teams/${id}`),
  restoreTeam: (id: string) => post<T.Team>(`/teams/${id}/restore`),
  teamRemoval: (id: string, person?: string) => get<T.TeamRemoval>(`/teams/${id}/removal`, { query: { person } }),
  teamPeople: (id: string, q?: string, cursor?: string) =>
    get<T.Page<T.TeamPerson>>(`/teams/${id}/people`, { query: { q, cursor, limit } }),
  addToTeam: (id: string, person: string) => put<void>(`/teams/${id}/people/${person}`),
  takeOutOfTeam: (id: string, person: string) => del<void>(`/teams/${id}/people/${person}`),
  trash: () => get<T.Page<T.TrashItem>>('/trash'),

  projects: (query: { q?: string; team?: string; changeable?: boolean; cursor?: string; limit?: number }) =>
    get<T.Page<T.Project>>('/projects', { query: { limit, ...query } }),
  project: (id: string) => get<T.Project>(`/projects/${id}`),
  createProject: (body: T.Body['NewProject'], key: string) =>
    post<T.Project>('/projects', body, { idempotencyKey: key }),
  changeProject: (id: string, body: T.Body['ChangeProject']) => patch<T.Project>(`/projects/${id}`, body),
  removeProject: (id: string) => del<void>(`/projects/${id}`),
  restoreProject: (id: string) => post<T.Project>(`/projects/${id}/restore`),
  projectShares: (id: string) => get<T.Shares>(`/projects/${id}/shares`),
  shareProject: (id: string, body: T.Body['WantedShares']) => put<void>(`/projects/${id}/shares`, body),
  shareProjectEffect: (id: string, body: T.Body['WantedShares']) =>
    post<T.SharesEffect>(`/projects/${id}/shares/effect`, body),
  projectPeople: (id: string, q?: string, cursor?: string) =>
    get<T.Page<T.Viewer>>(`/projects/${id}/people`, { query: { q, cursor, limit } }),
  projectJobs: (id: string, cursor?: string) => get<T.Page<T.Job>>(`/projects/${id}/print-jobs`, { query: { cursor, limit } }),
  projectReportUrl: (id: string) => `${base}/projects/${id}/report`,
  projectFiles: (id: string) => get<T.Page<T.ProjectFile>>(`/projects/${id}/files`),
  addProjectFile: (id: string, upload: string) => post<T.ProjectFile>(`/projects/${id}/files`, { upload }),
  projectFileVersions: (id: string, file: string) =>
    get<T.Page<T.ProjectFile>>(`/projects/${id}/files/${file}/versions`),
  removeProjectFile: (id: string, file: string) => del<void>(`/projects/${id}/files/${file}`),
  restoreProjectFile: (id: string, file: string) => post<void>(`/projects/${id}/files/${file}/restore`),
  printProjectFile: (id: string, file: string, body: T.Body['PrintFile'], key: string) =>
    post<T.Job>(`/projects/${id}/files/${file}/print`, body, { idempotencyKey: key }),

  whyNot: (at: string) => get<T.Page<T.Why>>(`${at}/permissions`),
  ask: (at: string, action: string) => post<T.Asked>(`${at}/requests`, { action }),

  notices: () => get<T.Notices>('/notices'),
  readNotices: (seq: number) => post<void>('/notices/read', { seq }),
  /** From here on; without it, from the moment of its opening. */
  eventsUrl: (after?: string) => `${base}/events${after === undefined ? '' : `?after=${after}`}`,
}
