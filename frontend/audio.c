/* audio.c - the host's loudspeaker through SDL2's audio queue.  Built without SDL2 it is silent, like a host without
 * a sound card: sound is never a reason not to run. */
#include "frontend/sound.h"
#include <stdlib.h>

#if DOPPEL_SDL
#include <SDL.h>
#include "frontend/say.h"

enum { PIECE = 1024, LAG = SOUND_HZ * 15 / 100, CUSHION = SOUND_HZ * 4 / 100 };
static const u64 SILENCE_NS = 5000000000;

struct audio { SDL_AudioDeviceID device; bool none; };

audio_t *audio_open(void) { return calloc(1, sizeof(audio_t)); }

static void switch_off(audio_t *audio)
{
    if (audio->device) {
        SDL_CloseAudioDevice(audio->device);
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
    }
    audio->device = 0;
}

static bool switch_on(audio_t *audio)
{
    if (audio->device || audio->none) return audio->device;
    SDL_AudioSpec wanted = { .freq = SOUND_HZ, .format = AUDIO_S16SYS, .channels = 1, .samples = PIECE };
    int hushed = say_hush();                              /* ALSA says a page where there is no sound card */
    bool ready = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
    if (ready) audio->device = SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0);
    say_again(hushed);
    if (ready && !audio->device) SDL_QuitSubSystem(SDL_INIT_AUDIO);
    audio->none = !audio->device;                         /* and is not asked for again */
    if (audio->device) SDL_PauseAudioDevice(audio->device, 0);
    return audio->device;
}

static bool audible(const s16 *piece, u32 n)
{
    for (u32 i = 0; i < n; i++)
        if (piece[i]) return true;
    return false;
}

/* The queue holds 0.04 s of silence before the first sample after a gap, so that uneven slices do not crackle, and at
 * most 0.15 s, so that what is heard belongs to what is seen. */
void audio_feed(audio_t *audio, sound_t *s)
{
    static const s16 silence[CUSHION];
    s16 piece[PIECE];
    if (sound_quiet(s) > SILENCE_NS) switch_off(audio);
    for (u32 n; (n = sound_take(s, piece, PIECE)) > 0;) {
        if ((!audio->device && !audible(piece, n)) || !switch_on(audio)) continue;
        u32 queued = SDL_GetQueuedAudioSize(audio->device) / (u32)sizeof *piece;
        if (queued == 0) SDL_QueueAudio(audio->device, silence, sizeof silence);
        if (queued < LAG) SDL_QueueAudio(audio->device, piece, n * (u32)sizeof *piece);
    }
}

void audio_close(audio_t *audio)
{
    if (!audio) return;
    switch_off(audio);
    if (!SDL_WasInit(0)) SDL_Quit();
    free(audio);
}

#else

audio_t *audio_open(void) { return NULL; }
void audio_feed(audio_t *audio, sound_t *s) { (void)audio; (void)s; }
void audio_close(audio_t *audio) { (void)audio; }

#endif
