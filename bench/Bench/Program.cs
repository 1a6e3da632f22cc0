using WatchPhoto.Bench;
using WatchPhoto.Bench.Roles;

return args is ["role", var role, .. var arguments]
    ? await Role.PlayAsync(role, arguments)
    : await new BenchCommand().RunAsync(args);
