/**
 * CUB-200-2011 (Wah et al., 2011): photos of 200 kinds of birds with bounding boxes. Two lists have a line
 * for each photo:
 *
 *     images.txt          1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
 *     bounding_boxes.txt  1 60.0 27.0 325.0 304.0   (left, top, width, height)
 *     images/…
 *
 * The paper uses 100 of the classes and 80 % of each for training. Here these are the first 100 in the
 * official order, unless others are chosen, split by the seed: the official split, about half and half, is
 * not used. The bounding boxes become masks.
 * @module
 */
import { join } from "node:path";
import {
  chooseClasses,
  type ClassChoice,
  innerFolder,
  type PhotoFile,
  photoFiles,
  type PhotoList,
  type PhotoSource,
  readList,
  requireSame,
} from "./photo_source.ts";

const PAPER_CLASSES = 100;
const remedy = "unpack the archive again, or fetch it with `deno task data cub-200-2011`";

const IMAGES: PhotoList = {
  line: /^(\d+) (\d{3}\.[^/\\\s]+)(\/[^/\\\s]+)$/,
  example: "1 001.Albatross/Albatross_1.jpg",
  remedy,
};
const BOXES: PhotoList = {
  line: /^(\d+) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?) ([1-9]\d*(?:\.\d+)?) ([1-9]\d*(?:\.\d+)?)$/,
  example: "1 60.0 27.0 325.0 304.0",
  remedy,
};

/** Lists the photos of CUB-200-2011 in `CUB_200_2011`, or in the folder that holds it. */
export function cubSource(path: string, choice: ClassChoice): PhotoSource {
  const root = innerFolder(path, "CUB_200_2011");
  const [imagesPath, boxesPath] = ["images.txt", "bounding_boxes.txt"].map((file) => join(root, file));
  const images = readList(imagesPath, IMAGES), boxes = readList(boxesPath, BOXES);
  const [ofImages, ofBoxes] = [images, boxes].map((list) => [...list.keys()]);
  requireSame("images", { where: imagesPath, names: ofImages }, { where: boxesPath, names: ofBoxes }, remedy);
  const nameOf = (folder: string) => folder.slice("001.".length);
  const all = [...new Set(Array.from(images.values(), ([folder]) => folder))].sort().map(nameOf);
  const classNames = choice.classes === undefined
    ? all.slice(0, PAPER_CLASSES)
    : chooseClasses(all, choice, root);
  const photos = [...images].map(([image, [folder, file]]): PhotoFile => {
    const [left, top, width, height] = boxes.get(image)!.map(Number);
    const classId = classNames.indexOf(nameOf(folder));
    return { name: `images/${folder}${file}`, classId, box: { left, top, width, height } };
  });
  return photoFiles("cub-200-2011", root, classNames, photos.filter(({ classId }) => classId >= 0));
}
