/** A drawing of paths and texts as a canvas, with the styles it is shown in: what a picture of it is made of. */

/** Draws what `SpcDrawing` and its like are made of; other elements of an SVG are not drawn. */
export function canvasOf(drawing: SVGSVGElement): HTMLCanvasElement {
  const { width, height, x, y } = drawing.viewBox.baseVal;
  const scale = devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.setTransform(scale, 0, 0, scale, -x * scale, -y * scale);
  for (const part of drawing.querySelectorAll<SVGPathElement | SVGTextElement>("path, text")) {
    const style = getComputedStyle(part);
    if (part instanceof SVGTextElement) writeText(context, part, style);
    else drawPath(context, part, style);
  }
  return canvas;
}

function drawPath(context: CanvasRenderingContext2D, part: SVGPathElement, style: CSSStyleDeclaration): void {
  const path = new Path2D(part.getAttribute("d") ?? "");
  if (style.fill !== "none") {
    context.fillStyle = style.fill;
    context.fill(path);
  }
  if (style.stroke === "none") return;
  context.strokeStyle = style.stroke;
  context.lineWidth = parseFloat(style.strokeWidth);
  context.lineCap = style.strokeLinecap as CanvasLineCap;
  context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[\s,]+/).map(parseFloat));
  context.stroke(path);
}

function writeText(context: CanvasRenderingContext2D, part: SVGTextElement, style: CSSStyleDeclaration): void {
  context.fillStyle = style.fill;
  context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.textAlign = style.textAnchor === "middle" ? "center" : (style.textAnchor as CanvasTextAlign);
  context.fillText(part.textContent, Number(part.getAttribute("x")), Number(part.getAttribute("y")));
}
