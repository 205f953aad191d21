/** Hands a file made in the page to the browser's downloads. */

export function save(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file.replace(/[^\w.-]+/g, "_");
  link.click();
  // The download has taken hold of the blob by the next turn; kept, it would stay in memory.
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000);
}
