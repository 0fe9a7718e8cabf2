/* processes.c - a program that is /init of a Linux guest and nothing but: what do N processes cost?  growth.sh puts it into an initial RAM disk.
 * No library: Linux system calls for i386 by int 80h (arch/x86/entry/syscalls/syscall_32.tbl).
 *
 * ring N   N processes in a circle of pipes hand one byte on, 40,000 times in all: a switch of address spaces and two system calls each
 * each N   N processes at once, each of which writes to 64 pages of its own and computes for 400,000 turns of a loop
 * Before and behind every measurement "MARK name N" goes to the console, with which dialogue.c notes the emulator's time. */
typedef unsigned int u32;

enum { HOPS = 40000, PAGES = 64, TURNS = 400000, MOST = 256 };
enum { EXIT = 1, FORK = 2, READ = 3, WRITE = 4, CLOSE = 6, WAITPID = 7, PIPE = 42, REBOOT = 88, IOPL = 110, NANOSLEEP = 162 };

static int call(int number, u32 a, u32 b, u32 c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

static void mark(const char *name, u32 n)
{
    char text[64] = "MARK ", digits[12];
    u32 at = 5, k = 0;
    for (; *name; name++) text[at++] = *name;
    text[at++] = ' ';
    do digits[k++] = (char)('0' + n % 10); while (n /= 10);
    while (k) text[at++] = digits[--k];
    text[at++] = '\n';
    call(WRITE, 1, (u32)text, at);
}

static void wait_for(u32 n) { while (n--) call(WAITPID, (u32)-1, 0, 0); }

static int pipes[MOST][2];

static void member(u32 from, u32 to, u32 hops)
{
    char token = 0;
    while (hops--) {
        call(READ, (u32)pipes[from][0], (u32)&token, 1);
        call(WRITE, (u32)pipes[to][1], (u32)&token, 1);
    }
    call(EXIT, 0, 0, 0);
}

static void ring(u32 n)
{
    char token = 1;
    for (u32 i = 0; i < n; i++) call(PIPE, (u32)pipes[i], 0, 0);
    for (u32 i = 0; i < n; i++)
        if (call(FORK, 0, 0, 0) == 0) member(i, (i + 1) % n, HOPS / n);
    mark("made", n);
    call(WRITE, (u32)pipes[0][1], (u32)&token, 1);
    wait_for(n);
    mark("ring", n);
    for (u32 i = 0; i < n; i++) { call(CLOSE, (u32)pipes[i][0], 0, 0); call(CLOSE, (u32)pipes[i][1], 0, 0); }
}

static volatile char own[PAGES][4096];

static void each(u32 n)
{
    mark("start", n);
    for (u32 i = 0; i < n; i++)
        if (call(FORK, 0, 0, 0) == 0) {
            u32 sum = i;
            for (u32 p = 0; p < PAGES; p++) own[p][0] = (char)p;
            for (u32 t = 0; t < TURNS; t++) { sum = sum * 5 + t; own[t % PAGES][t % 4096] = (char)sum; }
            call(EXIT, 0, 0, 0);
        }
    wait_for(n);
    mark("each", n);
}

void _start(void)
{
    for (u32 n = 1; n <= MOST; n *= 2) ring(n);
    for (u32 n = 4; n <= MOST; n *= 2) each(n);               /* fewer are too short to measure */
    u32 second[2] = { 1, 0 };
    call(NANOSLEEP, (u32)second, 0, 0);                        /* the serial line is slower than we are */
    call(IOPL, 3, 0, 0);
    __asm__ volatile("outb %%al, $0xF4" : : "a"(0));
    call(REBOOT, 0xFEE1DEAD, 672274793, 0x4321FEDC);
    for (;;) ;
}
