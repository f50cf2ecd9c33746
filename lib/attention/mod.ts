/** Grad-CAM: where a network looks when it scores a class. @module */
export * from "./grad_cam.ts";
export * from "./one_hot_classes.ts";
export * from "../resize_map.ts";
