/**
 * A photo as the camera took it, made small enough to be sent from anywhere.
 *
 * It is drawn anew, so that place, moment and camera, which phones write into photos, are gone.
 */

const MOST_PX = 1_600;
const MOST_BYTES = 300_000;
const QUALITIES = [0.8, 0.6, 0.4, 0.25];

/**
 * Returns the photo in JPEG, null for a file that is no picture.
 * @param {Blob} file
 */
export async function scaled(file) {
  const drawn = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!drawn) return null;
  try {
    for (let most = MOST_PX; ; most /= 2) {
      const canvas = smaller(drawn, most);
      for (const quality of QUALITIES) {
        const picture = await jpeg(canvas, quality);
        if (!picture || picture.size <= MOST_BYTES) return picture;
      }
    }
  } finally {
    drawn.close();
  }
}

function smaller(drawn, most) {
  const scale = Math.min(1, most / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(drawn.width * scale));
  canvas.height = Math.max(1, Math.round(drawn.height * scale));
  const ground = canvas.getContext("2d");
  // What is transparent would be black in JPEG.
  ground.fillStyle = "#fff";
  ground.fillRect(0, 0, canvas.width, canvas.height);
  ground.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function jpeg(canvas, quality) {
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", quality);
  });
}
