/** Wall screens. */
export const kiosk = {
  "kiosk.andon": "Andon",
  "kiosk.page": "{page} of {pages}",
  "kiosk.more": "and {count} more",
  "kiosk.calm": "All {machines} machines are normal and no issue is open",
  "kiosk.unknown": "There is no board called {board}",
  "kiosk.unknown_next": "Boards are /kiosk/floor, /kiosk/andon and those that people make; ?distance=, ?rotate= and ?theme= set how they look.",
} as const;
