// Printer groups: what is chosen where one prints, and what to fetch again after a change.
import { keys, refresh, refreshJobs } from './query'

/** A choice is a printer's id, or that of a group behind this mark. */
const GROUP = 'group:'
export const groupChoice = (id: string) => GROUP + id
export const isGroup = (choice: string) => choice.startsWith(GROUP)

/** The choice as the API takes it: a printer or a group, one of the two. */
export const target = (choice: string): { printer?: string; printer_group?: string } =>
  isGroup(choice) ? { printer_group: choice.slice(GROUP.length) } : { printer: choice }

export function refreshGroups() {
  refresh(keys.printerGroups)
  refreshJobs()
}
