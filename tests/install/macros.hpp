// The macros of X11 that are ordinary words, and the two of <windows.h> and others that break most headers. Included first.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#if __cplusplus >= 202002L
#include <ranges>
#include <span>
#endif

// What these stand for is taken from X.h, Xlib.h and Xutil.h.
#define None 0L
#define Status int
#define Success 0
#define Bool int
#define True 1
#define False 0
#define Always 2
#define Above 0
#define Below 1
#define Complex 0
#define Convex 2
#define Nonconvex 1
#define Unsorted 0
#define YSorted 1
#define ControlMask (1 << 2)
#define CurrentTime 0L
#define CursorShape 0
#define DestroyAll 0
#define EvenOddRule 0
#define Expose 12
#define FocusIn 9
#define FocusOut 10
#define GrayScale 1
#define KeyPress 2
#define KeyRelease 3
#define LockMask (1 << 1)
#define NoSymbol 0L
#define Opposite 4
#define StaticColor 2
#define AllocNone 0
#define AllValues 0x000F
#define BadValue 2
#define ButtonPress 4
#define DefaultScreen(display) 0
#define InputOnly 2
#define InputOutput 1
#define IsUnmapped 0
#define LineSolid 0
#define ParentRelative 1L
#define PointerRoot 1L
#define RevertToNone 0
#define StippleShape 2
#define WhenMapped 1
#define ZPixmap 2
#define XYBitmap 0
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
