// CSV that a spreadsheet shows as it is. A cell that begins like a formula gets an apostrophe in front, which spreadsheets
// take for "this is text"; everything is quoted.
const formula = /^[=+\-@\t\r]/

const cell = (text: string) => `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

export const csvText = (rows: string[][]): string => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

/** Gives the person a file. The mark at its begin makes spreadsheets read it as UTF-8. */
export function download(name: string, rows: string[][]) {
  const url = URL.createObjectURL(new Blob(['\uFEFF', csvText(rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
