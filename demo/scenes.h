/* scenes.h: the scenes of the menu. Each runs until Esc and leaves the machine as the menu found it. */
#ifndef SCENES_H
#define SCENES_H

void scene_text(void);
void scene_colours(void);
void scene_planes(void);
void scene_keyboard(void);
void scene_mouse(void);
void scene_speaker(void);
void scene_paging(void);
void scene_idle(void);

#endif
