/* The models of benchmarks/simulator.py as a plain C program: what a compiled loop written for just this reaches.

   Reads a model from standard input: "threshold points_per_minute classes groups", then a line
   "rate mean_talk mean_patience points" for each class of calls, and a line "agents takes_0 takes_1 ..." for each group
   (1: its agents take calls of that class). Times are in minutes. Arguments: seed, warm-up, length.
   A call goes to the agent idle longest of all who take its class; an agent to the waiting call with the highest score,
   points + points_per_minute * its wait. Calls that come in the warm-up are not counted; after the end none come.
   Prints a line for each class: offered, answered, answered within the threshold, answered at once, abandoned,
   minutes that the answered waited; then the seconds of processor time. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CLASSES = 8, GROUPS = 8 };
enum { ARRIVAL, TALK_OVER, PATIENCE_OVER };

typedef struct { double at; int32_t what, whom; } event;
typedef struct { double at; int32_t class; int32_t waits; } call;
typedef struct { int64_t offered, answered, within, at_once, abandoned; double waited; } count;

/* xoshiro256++, seeded by SplitMix64: D. Blackman and S. Vigna, 2019. */
static uint64_t s[4];

static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static double uniform(void) {
    uint64_t out = rotl(s[0] + s[3], 23) + s[0], moved = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= moved, s[3] = rotl(s[3], 45);
    return (double)(out >> 11) * 0x1p-53;
}

static double exponential(double mean) { return -mean * log(1.0 - uniform()); }

/* A binary heap; the event in hand stays at the root until the first new one takes its place. */
static event *heap;
static int64_t size, room;
static int spent;

static void sink(event new) {
    int64_t place = 1, below;
    while ((below = 2 * place) <= size) {
        if (below < size && heap[below + 1].at < heap[below].at) below++;
        if (heap[below].at >= new.at) break;
        heap[place] = heap[below];
        place = below;
    }
    heap[place] = new;
}

static void put(double at, int what, int64_t whom) {
    event new = {at, what, (int32_t)whom};
    if (spent) {
        spent = 0;
        sink(new);
        return;
    }
    if (++size == room) heap = realloc(heap, (room *= 2) * sizeof *heap);
    int64_t place = size;
    while (place > 1 && heap[place / 2].at > at) heap[place] = heap[place / 2], place /= 2;
    heap[place] = new;
}

static int take(event *next) {
    if (spent) {
        spent = 0;
        event last = heap[size--];
        if (size) sink(last);
    }
    if (!size) return 0;
    *next = heap[1];
    spent = 1;
    return 1;
}

int main(int argc, char **argv) {
    double threshold, ageing, rate[CLASSES], talk[CLASSES], patience[CLASSES], points[CLASSES];
    int classes, groups, takes[GROUPS][CLASSES], agents[GROUPS];
    if (argc != 4 || scanf("%lf %lf %d %d", &threshold, &ageing, &classes, &groups) != 4) return 2;
    if (classes > CLASSES || groups > GROUPS) return 2;
    for (int k = 0; k < classes; k++)
        if (scanf("%lf %lf %lf %lf", &rate[k], &talk[k], &patience[k], &points[k]) != 4) return 2;
    for (int g = 0; g < groups; g++) {
        if (scanf("%d", &agents[g]) != 1) return 2;
        for (int k = 0; k < classes; k++)
            if (scanf("%d", &takes[g][k]) != 1) return 2;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10);
    double warm_up = atof(argv[2]), end = warm_up + atof(argv[3]), all = 0;
    clock_t begun = clock();
    for (int word = 0; word < 4; word++) {
        uint64_t bits = (seed += 0x9E3779B97F4A7C15u);
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
        s[word] = bits ^ (bits >> 31);
    }
    for (int k = 0; k < classes; k++) all += rate[k];

    int64_t made = 0, most = (int64_t)(all * end + 10 * sqrt(all * end)) + 100;
    call *calls = malloc(most * sizeof *calls);
    int32_t *line[CLASSES];
    int64_t first[CLASSES] = {0}, last[CLASSES] = {0};
    double *idle[GROUPS];
    int head[GROUPS] = {0}, many[GROUPS];
    count counts[CLASSES] = {{0}};
    heap = malloc((room = 1024) * sizeof *heap);
    for (int k = 0; k < classes; k++) {
        line[k] = malloc(most * sizeof *line[k]);
        put(exponential(1 / rate[k]), ARRIVAL, k);
    }
    for (int g = 0; g < groups; g++) {
        idle[g] = calloc(agents[g], sizeof *idle[g]);
        many[g] = agents[g];
    }

    event next;
    while (take(&next)) {
        double now = next.at;
        if (next.what == ARRIVAL) {
            int k = next.whom, best = -1;
            if (now >= end) continue;
            put(now + exponential(1 / rate[k]), ARRIVAL, k);
            int counted = now >= warm_up;
            counts[k].offered += counted;
            for (int g = 0; g < groups; g++)
                if (takes[g][k] && many[g] && (best < 0 || idle[g][head[g]] < idle[best][head[best]])) best = g;
            if (best >= 0) {
                many[best]--;
                head[best] = head[best] + 1 == agents[best] ? 0 : head[best] + 1;
                counts[k].answered += counted;
                counts[k].within += counted;
                counts[k].at_once += counted;
                put(now + exponential(talk[k]), TALK_OVER, best);
            } else {
                if (made == most) return 3;
                calls[made] = (call){now, k, 1};
                line[k][last[k]++] = (int32_t)made;
                put(now + exponential(patience[k]), PATIENCE_OVER, made++);
            }
        } else if (next.what == TALK_OVER) {
            int g = next.whom, best = -1;
            double score = 0;
            for (int k = 0; k < classes; k++) {
                if (!takes[g][k]) continue;
                while (first[k] < last[k] && !calls[line[k][first[k]]].waits) first[k]++;
                if (first[k] == last[k]) continue;
                double own = points[k] + ageing * (now - calls[line[k][first[k]]].at);
                if (best < 0 || own > score) best = k, score = own;
            }
            if (best >= 0) {
                call *it = &calls[line[best][first[best]++]];
                double waited = now - it->at;
                it->waits = 0;
                if (it->at >= warm_up) {
                    counts[best].answered++;
                    counts[best].within += waited <= threshold;
                    counts[best].waited += waited;
                }
                put(now + exponential(talk[best]), TALK_OVER, g);
            } else {
                int at = head[g] + many[g]++;
                idle[g][at >= agents[g] ? at - agents[g] : at] = now;
            }
        } else if (calls[next.whom].waits) {
            calls[next.whom].waits = 0;
            counts[calls[next.whom].class].abandoned += calls[next.whom].at >= warm_up;
        }
    }
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    for (int k = 0; k < classes; k++)
        printf("%lld %lld %lld %lld %lld %.9g\n", (long long)counts[k].offered, (long long)counts[k].answered,
               (long long)counts[k].within, (long long)counts[k].at_once, (long long)counts[k].abandoned,
               counts[k].waited);
    printf("%.6f\n", seconds);
    return 0;
}
