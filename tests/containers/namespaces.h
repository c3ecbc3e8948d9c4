/* Processes in namespaces of their own, as container runtimes make them. Needs to be root. */
#ifndef NAMESPACES_H
#define NAMESPACES_H

#include <stdint.h>
#include <sys/types.h>

/* Users of one group that share a store. */
#define SHARED_GROUP 2000
#define FIRST_USER 1001

/* Gives the children from now on a time namespace whose CLOCK_BOOTTIME is `seconds` ahead; 0 or an errno. */
int time_offset(int64_t seconds);

/* As fork, in namespaces by CLONE_NEW* flags; with `id` not 0 under that very id. -1: errno says why. */
pid_t fork_into(uint64_t flags, pid_t id);

/* In the first process of new pid and mount namespaces: its own /proc, and mounts that nobody else sees. 0 or an errno. */
int own_mounts(void);
/* Has `from` at `to` as well. 0 or an errno. */
int mount_at(const char *from, const char *to);

/* Becomes the `number`th user of the group, ends with the parent, and runs a program; comes back with an errno. */
int run_as(unsigned number, char *const words[]);

#endif
