// Which dialog is open. Rows, panels and pages ask for a dialog here; one host component draws it.
import { ref } from 'vue'
import type { Escrow, Invited, Job, Person, Printer, PrinterGroup, Project, ProjectFile, Role, Team } from '@/api'
import type { Question } from './whyNot'

export type OpenDialog =
  | { kind: 'reject' | 'send_back' | 'reroute' | 'resolve' | 'abort' | 'withdraw' | 'reprint' | 'copy_to_project'; job: Job }
  | { kind: 'bulk'; jobs: Job[]; /** Approval was turned off, and these wait still. */ off?: boolean; done: () => void }
  | { kind: 'remove_printer'; printer: Printer; done: () => void }
  | { kind: 'group'; group?: PrinterGroup }
  | { kind: 'remove_group'; group: PrinterGroup }
  | { kind: 'team'; team?: Team; done: (team: Team) => void }
  | { kind: 'add_people'; team: Team }
  | { kind: 'remove_team'; team: Team; done: () => void }
  | { kind: 'remove_person'; person: Person }
  | { kind: 'leave' }
  | { kind: 'own_role'; role: Role; done: () => void }
  | { kind: 'other_role'; person: Person; role: Role; effects: string[] }
  | { kind: 'take_out'; team: Team; person: { id: string; name: string } }
  | { kind: 'project'; project?: Project; done: (project: Project) => void }
  | { kind: 'share_project' | 'share_printer'; thing: { id: string; name: string } }
  | { kind: 'print_file'; project: Project; file: ProjectFile }
  | { kind: 'file_versions'; project: Project; file: ProjectFile }
  | { kind: 'invite' | 'token' | 'application' }
  | { kind: 'invited'; made: Invited }
  | { kind: 'invite_list' }
  | { kind: 'revoke'; title: string; text: string; go: string; run: () => Promise<void> }
  | { kind: 'why_not'; about: Question; label: string; why?: string | null }
  | { kind: 'claim'; escrow: Escrow }
  | { kind: 'keys' }

export const dialog = ref<OpenDialog | null>(null)
export const openDialog = (d: OpenDialog) => {
  dialog.value = d
}
export const closeDialog = () => {
  dialog.value = null
}
