# float.py - floating point as Python does it, for debian-float.case: values of many functions, bit for bit.
#
#   float.py FOLDER COUNT            writes a file of little-endian doubles for each function into FOLDER
#   float.py -compare GUEST HOST     says where two folders differ; status 1 if they differ where they must not
#
# Arguments come from the integers of a Mersenne Twister (random.Random), so that they do not depend on what is measured.
# What libm computes with FPATAN, F2XM1, FYL2X and FYL2XP1 (the names in TRANSCENDENTAL) may differ in the last bit here and there: the manual
# promises less than one unit of the 64th place, not a value, and every maker's differ (docs/fidelity-x87.md).  All else is the same everywhere.
import math, cmath, os, random, struct, sys

TRANSCENDENTAL = set('''asin acos atan sinh cosh tanh asinh acosh atanh exp expm1 exp2 log log1p log2 log10 erf erfc gamma lgamma atan2 pow pow-integer
    complex-exp complex-log complex-sin complex-tanh gauss normalvariate expovariate'''.split())

def compare(guest, host):
    key = lambda bits: bits if bits >= 0 else -(bits & (1 << 63) - 1)
    names, values, equal, wrong = sorted(os.listdir(host)), 0, 0, 0
    if not names or names != sorted(os.listdir(guest)): sys.exit('not the same files: %s' % (set(names) ^ set(os.listdir(guest))))
    for name in names:
        ours, theirs = (open(os.path.join(f, name), 'rb').read() for f in (guest, host))
        if len(ours) != len(theirs): sys.exit(name + ': not the same number of values')
        n = len(ours) // 8
        values += n
        if ours == theirs: equal += 1; continue
        pairs = [(a, b) for a, b in zip(struct.unpack('<%dq' % n, ours), struct.unpack('<%dq' % n, theirs)) if a != b]
        apart = max(abs(key(a) - key(b)) for a, b in pairs)
        ok = name in TRANSCENDENTAL and apart == 1 and len(pairs) <= 2 + n // 500
        wrong += not ok
        print('%s%s: %d of %d values differ, by up to %d in the last place; first %016x, the host %016x' % ('' if ok else 'WRONG: ', name, len(pairs), n, apart,
              pairs[0][0] & (1 << 64) - 1, pairs[0][1] & (1 << 64) - 1))
    print('%d of %d functions with the same bits, %d values' % (equal, len(names), values))
    return wrong

if sys.argv[1] == '-compare': sys.exit(min(1, compare(sys.argv[2], sys.argv[3])))
folder, count = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
draw = random.Random(1).getrandbits

def bits(): return struct.unpack('<d', struct.pack('<Q', draw(64)))[0]              # any double: also NaN, infinite, denormal
def number(least, most):                                                            # of either sign, its exponent in these bounds
    exponent = 1023 + least + draw(32) % (most - least + 1)
    return struct.unpack('<d', struct.pack('<Q', draw(1) << 63 | exponent << 52 | draw(52)))[0]
def positive(least, most): return abs(number(least, most))
def unit(): return number(-30, -1)

def attempt(f, *a):
    try: return f(*a)
    except (ValueError, OverflowError, ZeroDivisionError) as e: return -float(len(type(e).__name__))

def write(name, values):
    with open(os.path.join(folder, name), 'wb') as f: f.write(b''.join(struct.pack('<d', v) for v in values))

def one(name, f, argument): write(name, [attempt(f, argument()) for _ in range(count)])
def two(name, f, x, y): write(name, [attempt(f, x(), y()) for _ in range(count)])

near = lambda: number(-40, 40)
# --- arithmetic, conversion, text ---
for name, f in (('add', lambda x, y: x + y), ('sub', lambda x, y: x - y), ('mul', lambda x, y: x * y), ('div', lambda x, y: x / y),
                ('mod', lambda x, y: x % y), ('floordiv', lambda x, y: x // y), ('fmod', math.fmod), ('remainder', math.remainder),
                ('copysign', math.copysign), ('nextafter', math.nextafter), ('hypot', math.hypot)):
    two(name, f, near, near)
    two(name + '-any', f, bits, bits)
for name, f in (('sqrt', math.sqrt), ('floor', lambda x: float(math.floor(x))), ('ceil', lambda x: float(math.ceil(x))), ('trunc', lambda x: float(math.trunc(x))),
                ('fabs', math.fabs), ('round', lambda x: round(x, 3)), ('repr', lambda x: float(repr(x))), ('text', lambda x: float('%.17g' % x)),
                ('text9', lambda x: float('%.9e' % x)), ('hex', lambda x: float.fromhex(x.hex())), ('modf', lambda x: math.modf(x)[0]),
                ('frexp', lambda x: math.frexp(x)[0]), ('ulp', math.ulp), ('int', lambda x: float(int(x))), ('ratio', lambda x: x.as_integer_ratio()[1] / 3)):
    one(name, f, near)
    one(name + '-any', f, bits)
two('ldexp', lambda x, y: math.ldexp(x, int(y)), near, lambda: number(0, 11))
one('parse', lambda x: float('%d.%de%d' % (draw(40), draw(40), draw(9) - 256)), near)
one('cbrt', math.cbrt, near)
write('repr-text', [float(sum(repr(bits()).encode())) for _ in range(count)])

# --- functions ---
for name, argument in (('sin', near), ('cos', near), ('tan', near), ('asin', unit), ('acos', unit), ('atan', near), ('sinh', lambda: number(-30, 9)),
                       ('cosh', lambda: number(-30, 9)), ('tanh', lambda: number(-30, 9)), ('asinh', near), ('acosh', lambda: 1 + positive(-30, 40)),
                       ('atanh', unit), ('exp', lambda: number(-30, 9)), ('expm1', lambda: number(-30, 9)), ('exp2', lambda: number(-30, 9)),
                       ('log', lambda: positive(-1000, 1000)), ('log1p', lambda: positive(-40, 40)), ('log2', lambda: positive(-1000, 1000)),
                       ('log10', lambda: positive(-1000, 1000)), ('erf', lambda: number(-30, 2)), ('erfc', lambda: number(-30, 4)),
                       ('gamma', lambda: number(-30, 7)), ('lgamma', lambda: number(-30, 40))):
    one(name, getattr(math, name), argument)
two('atan2', math.atan2, near, near)
two('pow', math.pow, lambda: positive(-8, 8), lambda: number(-20, 6))
two('pow-integer', math.pow, lambda: number(-8, 8), lambda: float(draw(7) - 64))
for name in ('sqrt', 'exp', 'log', 'sin', 'tanh'):
    f = getattr(cmath, name)
    two('complex-' + name, lambda x, y: f(complex(x, y)).imag, lambda: number(-20, 6), lambda: number(-20, 6))

# --- programs ---
def nbody():
    bodies = [[random.Random(i).uniform(-5, 5) for _ in range(6)] + [1 / (i + 1)] for i in range(5)]
    out = []
    for _ in range(count // 50):
        for i, a in enumerate(bodies):
            for b in bodies[i + 1:]:
                d = [a[k] - b[k] for k in range(3)]
                m = 0.01 / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.1) / math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.1)
                for k in range(3):
                    a[3 + k] -= d[k] * b[6] * m
                    b[3 + k] += d[k] * a[6] * m
        for a in bodies:
            for k in range(3): a[k] += 0.01 * a[3 + k]
        out += bodies[0][:6]
    return out

def spectral(n=60):
    a = lambda i, j: 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)
    u = [1.0] * n
    for _ in range(4):
        w = [sum(a(i, j) * u[j] for j in range(n)) for i in range(n)]
        u = [sum(a(j, i) * w[j] for j in range(n)) for i in range(n)]
    return u + [math.sqrt(sum(x * x for x in u))]

def mandelbrot(n=60):
    out = []
    for i in range(n):
        for j in range(n):
            c, z, k = complex(3.0 * j / n - 2.2, 2.4 * i / n - 1.2), 0j, 0
            while k < 50 and abs(z) < 2: z, k = z * z + c, k + 1
            out += [z.real, z.imag, float(k)]
    return out

def linear(n=40):                                                   # Gauss' elimination with pivots, then the residue
    r = random.Random(3)
    a = [[r.uniform(-1, 1) for _ in range(n)] + [r.uniform(-1, 1)] for _ in range(n)]
    keep = [row[:] for row in a]
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(a[i][k]))
        a[k], a[p] = a[p], a[k]
        for i in range(k + 1, n):
            f = a[i][k] / a[k][k]
            for j in range(k, n + 1): a[i][j] -= f * a[k][j]
    x = [0.0] * n
    for k in reversed(range(n)): x[k] = (a[k][n] - math.fsum(a[k][j] * x[j] for j in range(k + 1, n))) / a[k][k]
    return x + [math.fsum(row[j] * x[j] for j in range(n)) - row[n] for row in keep]

def fft(n=1024):
    w = [cmath.rect(1, -2 * math.pi * k / n) for k in range(n)]
    def go(v, step):
        if len(v) == 1: return v
        a, b = go(v[::2], step * 2), go(v[1::2], step * 2)
        return [a[k] + w[k * step] * b[k] for k in range(len(a))] + [a[k] - w[k * step] * b[k] for k in range(len(a))]
    r = random.Random(4)
    return [x for z in go([complex(r.random(), r.random()) for _ in range(n)], 1) for x in (z.real, z.imag)]

write('nbody', nbody()); write('spectral', spectral()); write('mandelbrot', mandelbrot()); write('linear', linear()); write('fft', fft())
write('fsum', [math.fsum(near() for _ in range(20)) for _ in range(count // 20)])
write('uniform', [random.Random(i).uniform(-7, 9) for i in range(count // 50)])
r = random.Random(1)
write('gauss', [r.gauss(0, 1) for _ in range(count)])
write('normalvariate', [r.normalvariate(1, 3) for _ in range(count)])
write('expovariate', [r.expovariate(2) for _ in range(count)])
