/**
 * The classes of iEmoji-100: everyday objects that all eight artists have drawn, by the name they have in the
 * icon sets. They stand here in groups of the same kind; the order in which they are learned is drawn from a
 * seed.
 */
// deno-fmt-ignore
export const IEMOJI_CLASSES: readonly string[] = [
  "telephone", "alarm-clock", "camera", "guitar", "violin", "trumpet", "saxophone", "microscope", "telescope",
  "television", "radio", "scissors", "hammer", "key", "locked", "light-bulb", "bell",
  "umbrella-with-rain-drops", "glasses", "crown", "top-hat", "necktie", "t-shirt", "dress",
  "high-heeled-shoe", "running-shoe", "handbag", "backpack", "lipstick", "ring", "gem-stone", "balloon",
  "wrapped-gift", "birthday-cake", "doughnut", "cookie", "ice-cream", "pizza", "hamburger", "french-fries",
  "sushi", "bread", "red-apple", "banana", "grapes", "watermelon", "pineapple", "strawberry", "lemon",
  "tomato", "eggplant", "ear-of-corn", "mushroom", "hot-pepper", "cactus", "sunflower", "rose", "tulip",
  "maple-leaf", "palm-tree", "christmas-tree", "dog-face", "cat-face", "pig-face", "frog", "monkey-face",
  "penguin", "rooster", "elephant", "whale", "octopus", "snail", "turtle", "honeybee", "lady-beetle",
  "tropical-fish", "snake", "horse", "camel", "airplane", "rocket", "helicopter", "sailboat", "bicycle",
  "motorcycle", "automobile", "bus", "fire-engine", "tractor", "locomotive", "castle", "tent", "house",
  "church", "volcano", "rainbow", "snowflake", "soccer-ball", "basketball", "trophy",
];
