# plot.awk - lines of "series,x,y" to an SVG picture: x logarithmic, y from 0 or (log_y=1) logarithmic; points of the same series and x become their median.
#   awk -v title=T -v xlabel=X -v ylabel=Y [-v log_y=1] -f plot.awk FILE.csv >FILE.svg
BEGIN { FS = ","; W = 760; H = 420; L = 64; R = 170; T = 40; B = 48; split("#1f6fb4 #d1622b #2f8f4e #8a4fb0 #777777 #b03060", colour, " ") }
NF == 3 && $3 + 0 > 0 {
    if (!($1 in index_of)) { index_of[$1] = ++n_series; name[n_series] = $1 }
    s = index_of[$1]
    k = s SUBSEP $2 + 0
    if (!(k in n_at)) { x_of[s, ++n_points[s]] = $2 + 0 }
    at[k, ++n_at[k]] = $3 + 0
}
function median(k,   i, j, v, t, n) {
    n = n_at[k]
    for (i = 1; i <= n; i++) v[i] = at[k, i]
    for (i = 2; i <= n; i++) { t = v[i]; for (j = i - 1; j >= 1 && v[j] > t; j--) v[j + 1] = v[j]; v[j + 1] = t }
    return v[int((n + 1) / 2)]
}
function px(x) { return L + (log(x) - log(x0)) / (log(x1) - log(x0)) * (W - L - R) }
function py(y) { return H - B - (log_y ? (log(y) - log(y0)) / (log(y1) - log(y0)) : y / y1) * (H - T - B) }
function short(v) { return v >= 1048576 ? sprintf("%gM", v / 1048576) : v >= 1024 ? sprintf("%gk", v / 1024) : sprintf("%g", v) }
function text(x, y, anchor, what) { printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what }
function rule(xa, ya, xb, yb, stroke) { printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", xa, ya, xb, yb, stroke }
function nice(v,   p) { p = 10 ^ int(log(v) / log(10) + (v < 1 ? -1 : 0)); return v <= p ? p : v <= 2 * p ? 2 * p : v <= 5 * p ? 5 * p : 10 * p }
END {
    if (!n_series) exit 1
    for (s = 1; s <= n_series; s++)
        for (i = 1; i <= n_points[s]; i++) {
            x = x_of[s, i]; y = value[s, i] = median(s SUBSEP x)
            if (x0 == "" || x < x0) x0 = x
            if (x > x1) x1 = x
            if (y > top) top = y
            if (low == "" || y < low) low = y
        }
    if (x1 == x0) x1 = 2 * x0
    if (log_y) { y0 = 1; while (y0 > low) y0 /= 10; while (y0 * 10 <= low) y0 *= 10; y1 = y0; while (y1 < top) y1 *= 10 }
    else { step = nice(top / 5); y1 = step; while (y1 < top) y1 += step }
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n", W, H, W, H
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", W, H
    text(L, 22, "start", "<tspan font-size=\"14\" font-weight=\"bold\">" title "</tspan>")
    text((L + W - R) / 2, H - 10, "middle", xlabel)
    printf "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", (T + H - B) / 2, ylabel
    for (x = x0; x <= x1 * 1.001; x *= 2) { rule(px(x), T, px(x), H - B, "#eee"); text(px(x), H - B + 16, "middle", short(x)) }
    if (log_y)
        for (y = y0; y <= y1 * 1.001; y *= 10) {
            rule(L, py(y), W - R, py(y), "#ccc"); text(L - 6, py(y) + 4, "end", sprintf("%g", y))
            for (m = 2; m < 10 && y * m <= y1; m++) rule(L, py(y * m), W - R, py(y * m), "#f0f0f0")
        }
    else
        for (y = 0; y <= y1 * 1.001; y += step) { rule(L, py(y), W - R, py(y), "#ddd"); text(L - 6, py(y) + 4, "end", sprintf("%g", y)) }
    for (s = 1; s <= n_series; s++) {
        printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[s]
        for (i = 1; i <= n_points[s]; i++) printf "%.1f,%.1f ", px(x_of[s, i]), py(value[s, i])
        print "\"/>"
        for (i = 1; i <= n_points[s]; i++) printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", px(x_of[s, i]), py(value[s, i]), colour[s]
        rule(W - R + 12, T + 18 * s - 4, W - R + 32, T + 18 * s - 4, colour[s]); text(W - R + 38, T + 18 * s, "start", name[s])
    }
    print "</svg>"
}
