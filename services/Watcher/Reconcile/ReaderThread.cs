namespace WatchPhoto.Watcher.Reconcile;

/// <summary>
/// Reads ahead on one thread of its own, which comes and goes with the work: a disk may take its time, and on the thread pool
/// everything else would wait for it. What was not begun when it is waited for is done by who waits.
/// </summary>
internal sealed class ReaderThread : TaskScheduler
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly Queue<Task> _queue = new();
    private bool _runs;

    protected override void QueueTask(Task task)
    {
        lock (_queue)
        {
            _queue.Enqueue(task);
            Monitor.Pulse(_queue);
            if (_runs)
                return;
            _runs = true;
        }

        new Thread(Run) { IsBackground = true, Name = "read ahead" }.Start();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_queue)
            return [.. _queue];
    }

    private void Run()
    {
        while (true)
        {
            Task? next;
            lock (_queue)
            {
                while (!_queue.TryDequeue(out next))
                {
                    if (Monitor.Wait(_queue, Rest))
                        continue;
                    _runs = _queue.Count > 0;
                    if (!_runs)
                        return;
                }
            }

            TryExecuteTask(next);
        }
    }
}
