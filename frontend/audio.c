/* audio.c - the host's loudspeaker through SDL2's audio queue.  Built without SDL2 it is silent, like a host without
 * a sound card: sound is never a reason not to run. */
#include "frontend/sound.h"
#include <stdlib.h>

#if DOPPEL_SDL
#include <SDL.h>
#include "frontend/say.h"

enum { PIECE = 1024, LAG = SOUND_HZ * 15 / 100, CUSHION = SOUND_HZ * 4 / 100 };

struct audio { SDL_AudioDeviceID device; };

audio_t *audio_open(void)
{
    SDL_AudioSpec wanted = { .freq = SOUND_HZ, .format = AUDIO_S16SYS, .channels = 1, .samples = PIECE };
    int hushed = say_hush();                              /* ALSA says a page where there is no sound card */
    bool ready = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
    SDL_AudioDeviceID device = ready ? SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0) : 0;
    say_again(hushed);
    if (!ready) return NULL;
    audio_t *audio = device ? malloc(sizeof *audio) : NULL;
    if (!audio) {
        if (device) SDL_CloseAudioDevice(device);
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return NULL;
    }
    audio->device = device;
    SDL_PauseAudioDevice(device, 0);
    return audio;
}

/* The queue holds 0.04 s of silence before the first sample after a gap, so that uneven slices do not crackle, and at
 * most 0.15 s, so that what is heard belongs to what is seen. */
void audio_feed(audio_t *audio, sound_t *s)
{
    static const s16 silence[CUSHION];
    s16 piece[PIECE];
    for (u32 n; (n = sound_take(s, piece, PIECE)) > 0;) {
        u32 queued = SDL_GetQueuedAudioSize(audio->device) / (u32)sizeof *piece;
        if (queued == 0) SDL_QueueAudio(audio->device, silence, sizeof silence);
        if (queued < LAG) SDL_QueueAudio(audio->device, piece, n * (u32)sizeof *piece);
    }
}

void audio_close(audio_t *audio)
{
    if (!audio) return;
    SDL_CloseAudioDevice(audio->device);
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    if (!SDL_WasInit(0)) SDL_Quit();
    free(audio);
}

#else

audio_t *audio_open(void) { return NULL; }
void audio_feed(audio_t *audio, sound_t *s) { (void)audio; (void)s; }
void audio_close(audio_t *audio) { (void)audio; }

#endif
