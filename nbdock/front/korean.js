// Korean, by the English text in the code. A text that is missing here is shown in English.

export const KOREAN = {
  "Images": "이미지",
};
